import type { Clock } from '#kernel/clock.ts'
import type { Live } from '#kernel/live.ts'
import { REVIEW_DAYS } from './backtest.ts'
import type { Books } from './books.ts'
import { type Day, type Series, shanghaiDay, wanted } from './demand.ts'
import { type Forecast, forecastOn, type Outlook, outlooks } from './forecast.ts'
import {
  abcOf,
  type Policy,
  paceOf,
  planOf,
  quietDaysOf,
  recentOf,
  type Situation,
  SPIKE_DAYS,
  stands,
  WARNINGS,
  type WarningKind,
} from './inventory.ts'
import { keyOf } from './rows.ts'
import type { Shop, ShopKey, Shops, Wishes } from './shops.ts'
import type { ItemToJudge, Judged, NewWarning, Verdicts, WarningDetail } from './verdicts.ts'

interface Parts {
  books: Books
  shops: Shops
  verdicts: Verdicts
  live: Live
  clock: Clock
  settings: { serviceLevelPercent: number; leadDays: number }
}

/** A shop's forecasts of one day, and the sales behind them. */
export interface ShopForecast {
  day: Day
  bySku: ReadonlyMap<string, Series>
  forecast: Forecast
  /** The outlooks of three days ago, to tell a spike by. */
  before: ReadonlyMap<string, Outlook>
}

export interface Judgement {
  forecast(key: ShopKey): Promise<ShopForecast>
  /** Works out every SKU of the shop anew; answers how many warnings began. */
  judge(key: ShopKey): Promise<number>
  policyFor(shop: Pick<Shop, 'serviceLevel' | 'leadDays'> | null, wishes: Wishes, item: Own): Policy
}

type Own = Pick<ItemToJudge, 'serviceLevel' | 'leadDays'>

const HISTORY_DAYS = 400
const KEPT_FORECASTS = 8
const CHUNK = 1_000
const ABC_DAYS = 90

/** The one place where sales, stock and wishes meet. Forecasts are made once a day and shop, and when the past changes. */
export function judgement({ books, shops, verdicts, live, clock, settings }: Parts): Judgement {
  const kept = new Map<string, { stamp: string; forecast: Promise<ShopForecast> }>()

  const make = async ({ workspaceId, shopId }: ShopKey, day: Day): Promise<ShopForecast> => {
    const all = await books.demand(workspaceId, shopId, day - HISTORY_DAYS, day + 1)
    const made = outlooks(all)
    const before = made.on(day + 1 - SPIKE_DAYS)
    return {
      day,
      bySku: new Map(all.map((one) => [one.sku, one])),
      forecast: forecastOn(all, day, { made }),
      before: new Map(before.flatMap((one) => (one ? [[one.sku, one] as const] : []))),
    }
  }

  const forecast = async (key: ShopKey): Promise<ShopForecast> => {
    const day = shanghaiDay(clock.now())
    const name = keyOf(key.workspaceId, key.shopId)
    const stamp = `${day} ${await shops.revision(key)}`
    const known = kept.get(name)
    kept.delete(name)
    const now = known?.stamp === stamp ? known : { stamp, forecast: make(key, day) }
    now.forecast.catch(() => kept.delete(name))
    kept.set(name, now)
    if (kept.size > KEPT_FORECASTS) kept.delete(kept.keys().next().value!)
    return now.forecast
  }

  const policyFor: Judgement['policyFor'] = (shop, wishes, own) => ({
    serviceLevel:
      own.serviceLevel ?? shop?.serviceLevel ?? wishes.serviceLevel ?? settings.serviceLevelPercent / 100,
    leadDays: own.leadDays ?? shop?.leadDays ?? wishes.leadDays ?? settings.leadDays,
    reviewDays: REVIEW_DAYS,
  })

  return {
    forecast,
    policyFor,
    async judge(key) {
      const nowMs = clock.now()
      // First: what moves while we judge makes it stale again.
      await shops.judged(key, nowMs)
      const [shop, wishes, items] = await Promise.all([
        shops.get(key),
        shops.wishes(key.workspaceId),
        verdicts.items(key),
      ])
      const made = await forecast(key)
      // Sales of today are not in the forecast; a spike and the end of a silence are told from them.
      const today = new Map(
        (await books.demand(key.workspaceId, key.shopId, made.day - SPIKE_DAYS, made.day + 1)).map((one) => [
          one.sku,
          one,
        ]),
      )
      const abc = abcOf(items.map((item) => ({ key: item.sku, value: turnoverOf(item, made) })))
      const verdict = items.map((item) =>
        judgeItem(
          item,
          policyFor(shop, wishes, item),
          made,
          today.get(item.sku) ?? null,
          abc.get(item.sku) ?? 'C',
        ),
      )
      let began = 0
      for (let i = 0; i < verdict.length; i += CHUNK) {
        const some = verdict.slice(i, i + CHUNK)
        began += await verdicts.keep(
          key,
          {
            judged: some.map(({ judged }) => judged),
            begins: some.flatMap(({ begins }) => begins),
            ends: some.flatMap(({ ends }) => ends),
          },
          nowMs,
        )
      }
      live.publish(key.workspaceId, {
        topic: 'inventory/judged',
        key: key.shopId,
        data: { skus: items.length, began },
      })
      return began
    },
  }
}

const turnoverOf = (item: ItemToJudge, { bySku, day }: ShopForecast): number => {
  const series = bySku.get(item.sku)
  return series ? wanted(series, day - ABC_DAYS, day) * (item.priceFen ?? 1) : 0
}

function judgeItem(
  item: ItemToJudge,
  policy: Policy,
  { day, bySku, forecast, before }: ShopForecast,
  today: Series | null,
  abc: Judged['abc'],
): { judged: Judged; begins: NewWarning[]; ends: { sku: string; kind: WarningKind }[] } {
  const { sku, available, inTransit } = item
  const series = bySku.get(sku) ?? null
  const outlook = forecast.bySku.get(sku) ?? null
  const worked = planOf(outlook, forecast.spread, { available, inTransit }, policy)
  // Nobody has told yet how many there are: the pace is known, and nothing that follows from the stock.
  const plan = item.isCounted ? worked : { ...worked, daysOfCover: null, suggested: null }
  const knownSince = Math.min(series?.first ?? day, shanghaiDay(item.firstSeenAtMs))
  const situation: Situation = {
    available,
    inTransit,
    plan: item.isCounted ? plan : { ...plan, leadDemand: null },
    quietDays: quietDaysOf(today ?? series, day + 1, knownSince),
    knownDays: day + 1 - knownSince,
    recent: today ? recentOf(today, before.get(sku) ?? null, forecast.spread, day + 1) : null,
  }
  const isOpen = (kind: WarningKind) => item.open.includes(kind)
  const stand = WARNINGS.filter((kind) =>
    kind === 'dead-stock' && !item.isCounted ? false : stands(kind, situation, isOpen(kind)),
  )
  return {
    judged: { sku, plan, quietDays: situation.quietDays, abc, pace: paceOf(plan.perDay) },
    begins: stand
      .filter((kind) => !isOpen(kind))
      .map((kind) => ({
        sku,
        platform: item.platform,
        title: item.title,
        kind,
        available,
        detail: detailOf(kind, situation),
      })),
    ends: item.open.filter((kind) => !stand.includes(kind)).map((kind) => ({ sku, kind })),
  }
}

function detailOf(
  kind: WarningKind,
  { available, inTransit, plan, quietDays, recent }: Situation,
): WarningDetail {
  switch (kind) {
    case 'stock-out-ahead':
      return {
        available,
        inTransit,
        daysOfCover: plan.daysOfCover,
        leadDemand: plan.leadDemand,
        suggested: plan.suggested ?? 0,
      }
    case 'dead-stock':
      return { available, quietDays }
    case 'demand-spike':
      return { available, sold: recent!.sold, expected: recent!.expected, days: SPIKE_DAYS }
  }
}
