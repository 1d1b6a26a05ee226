import { api } from '#kernel/api.ts'
import type { ConnectSandbox } from '#kernel/capability.ts'
import { DAY_MS, dateOf, shanghaiDay, weekdayOf } from './demand.ts'
import type { Platform } from './inventory.ts'

const ROOM = '/api/inventory'
const SALES_DAYS = 150

type Told = Record<string, string>

/** How the sandbox tells of a shop, and what a person would type in to connect it. */
const SHOPS: Partial<Record<Platform, (told: Told) => { name: string; credentials: Told }>> = {
  shopify: ({ shop, accessToken }) => ({
    name: shop!,
    credentials: { shop: shop!, accessToken: accessToken! },
  }),
  taobao: ({ shop, appKey, appSecret, session }) => ({
    name: shop!,
    credentials: { appKey: appKey!, appSecret: appSecret!, session: session! },
  }),
  pdd: ({ name, clientId, clientSecret, accessToken }) => ({
    name: name!,
    credentials: { clientId: clientId!, clientSecret: clientSecret!, accessToken: accessToken! },
  }),
}

/**
 * Connects the sandbox's shops of Shopify, Taobao and Pinduoduo as a person would, and uploads past sales for them:
 * those platforms' orders are not pulled. Doudian's shops come through order-sync.
 */
const connectSandbox: ConnectSandbox = async (ours, sandboxUrl, isSetTo) => {
  const { items } = await ours.get<{ items: { name: string; platform: string }[] }>(`${ROOM}/shops`)
  const known = new Set(items.map(({ platform, name }) => `${platform} ${name}`))
  const sandbox = api(sandboxUrl, '')
  // A sandbox without a platform has nothing of it to connect.
  const told = <T>(path: string) => sandbox.get<T[]>(path).catch(() => [])
  let fresh = 0
  for (const [platform, asTyped] of Object.entries(SHOPS)) {
    if (!isSetTo(`${platform.toUpperCase()}_URL`)) continue
    for (const shop of await told<Told>(`/_sandbox/${platform}/shops`)) {
      const typed = asTyped(shop)
      if (known.has(`${platform} ${typed.name}`)) continue
      const { shopId } = await ours.post<{ shopId: string }>(`${ROOM}/shops`, { platform, ...typed })
      const stock = await told<{ sku: string }>(
        `/_sandbox/${platform}/shops/${encodeURIComponent(shop['shop']!)}/stock`,
      )
      await ours.post(`${ROOM}/shops/${shopId}/sales`, {
        csv: pastSales(
          stock.map(({ sku }) => sku),
          Date.now(),
        ),
      })
      fresh += 1
    }
  }
  return fresh
}

export default connectSandbox

/** Sales as small shops have them: most SKUs now and then, some daily, more at weekends, one that has just taken off. */
function pastSales(skus: readonly string[], nowMs: number): string {
  const today = shanghaiDay(nowMs)
  const lines = ['date,sku,quantity']
  skus.forEach((sku, nth) => {
    const perDay = [0.1, 0.4, 1.5, 4, 0.8, 0][nth % 6]!
    for (let day = today - SALES_DAYS; day < today; day++) {
      const weekend = [0, 6].includes(weekdayOf(day)) ? 1.6 : 0.8
      const risen = nth === 2 && day >= today - 3 ? 8 : 1
      const units = Math.floor(-Math.log(1 - chance(nth, day)) * perDay * weekend * risen + 0.35)
      if (perDay > 0 && units > 0) lines.push(`${dateOf(day)},${sku},${units}`)
    }
  })
  return lines.join('\n')
}

/** The same sales every time: a number from 0 to 1 for a SKU and a day. */
function chance(nth: number, day: number): number {
  const hash = Math.imul((nth + 1) * 0x9e3779b1, ((day * DAY_MS) % 0x7fffffff) | 1)
  return ((hash ^ (hash >>> 15)) >>> 0) / 0x1_0000_0000
}
