import type { RoomContext } from '#kernel/capability.ts'
import { tell } from '#kernel/fact-log.ts'
import { accountQuotaLow } from '#kernel/facts/account.ts'
import { describe } from '#kernel/fault.ts'
import { HOUSE } from '#kernel/id.ts'
import type { Ledger, Tx } from '#kernel/ledger.ts'
import { quotaRestoresAtMs } from './open-platform.ts'
import { LOW_QUOTA, type Quota, type Quotas } from './quotas.ts'

const FLUSH_MS = 1_000

interface Noted {
  used: number
  remaining: number | null
}

/** Counted in memory, added up in a row per family and day once a second. */
export async function postgresQuotas(
  ledger: Ledger,
  { clock, factLog, log }: Pick<RoomContext, 'clock' | 'factLog' | 'log'>,
): Promise<Quotas> {
  let noted = new Map<string, Noted>()
  const closed = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let flushing = Promise.resolve()

  const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

  const readClosed = async () => {
    const rows = await ledger.everywhere.query<{ family: string; exhausted_until: number }>(
      'select family, exhausted_until from open_platform.quota where exhausted_until > $1',
      [new Date(clock.now())],
    )
    for (const { family, exhausted_until } of rows) closed.set(family, exhausted_until)
  }
  await readClosed()
  const forget = await ledger.listen('open_platform_quota', () => void readClosed().catch(() => {}))

  const write = async (tx: Tx, family: string, { used, remaining }: Noted) => {
    const nowMs = clock.now()
    const [row] = await tx.query<{ remaining: string | null; warned: boolean }>(
      `insert into open_platform.quota as q (family, day, used, remaining, highest) values ($1, $2, $3, $4::bigint, $4::bigint + $3)
       on conflict (family, day) do update set used = q.used + $3, remaining = coalesce($4, q.remaining),
         highest = greatest(q.highest, $4::bigint + $3), updated_at = now()
       returning remaining, warned`,
      [family, dayOf(nowMs), used, remaining],
    )
    const left = row?.remaining == null ? null : Number(row.remaining)
    if (left === null || left >= LOW_QUOTA || row!.warned) return
    await tx.query('update open_platform.quota set warned = true where family = $1 and day = $2', [
      family,
      dayOf(nowMs),
    ])
    const data = { family, remaining: left, restoresAtMs: quotaRestoresAtMs(nowMs) }
    await factLog.appendIn(tx, [tell(accountQuotaLow, HOUSE, data, nowMs)])
  }

  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    const batch = noted
    noted = new Map()
    flushing = flushing.then(async () => {
      const families = [...batch.keys()].sort()
      if (families.length === 0) return
      await ledger
        .across(async (tx) => {
          for (const family of families) await write(tx, family, batch.get(family)!)
        })
        .catch((error) => log.warn(describe(error), 'used quota was not counted'))
    })
    return flushing
  }

  return {
    note(family, remaining) {
      const entry = noted.get(family) ?? { used: 0, remaining: null }
      noted.set(family, { used: entry.used + 1, remaining: least(entry.remaining, remaining) })
      timer ??= setTimeout(flush, FLUSH_MS).unref()
    },
    async usedUp(family, untilMs) {
      closed.set(family, untilMs)
      const entry = noted.get(family) ?? { used: 0, remaining: null }
      noted.set(family, { ...entry, remaining: 0 })
      await flush()
      await ledger.everywhere.query(
        'update open_platform.quota set exhausted_until = $3, remaining = 0 where family = $1 and day = $2',
        [family, dayOf(clock.now()), new Date(untilMs)],
      )
      await ledger.notify('open_platform_quota', family)
    },
    closedUntilMs(family, nowMs) {
      const until = closed.get(family)
      if (until === undefined) return null
      if (until > nowMs) return until
      closed.delete(family)
      return null
    },
    async today(nowMs) {
      await flush()
      const rows = await ledger.everywhere.query<QuotaRow>(
        'select family, used, remaining, highest, exhausted_until from open_platform.quota where day = $1 order by family',
        [dayOf(nowMs)],
      )
      return rows.map((row) => fromRow(row, nowMs))
    },
    async close() {
      forget()
      await flush()
    },
  }
}

const least = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b))

interface QuotaRow {
  family: string
  used: string
  remaining: string | null
  highest: string | null
  exhausted_until: number | null
}

function fromRow(row: QuotaRow, nowMs: number): Quota {
  const remaining = row.remaining === null ? null : Number(row.remaining)
  const isUsedUp = (row.exhausted_until ?? 0) > nowMs
  return {
    family: row.family,
    usedToday: Number(row.used),
    remaining,
    limit: row.highest === null ? null : Number(row.highest),
    restoresAtMs: row.exhausted_until ?? quotaRestoresAtMs(nowMs),
    state: isUsedUp ? 'used-up' : remaining !== null && remaining < LOW_QUOTA ? 'low' : 'free',
  }
}
