// One process of a flash sale under fault: the room with its workers, and a crowd, driven by messages.
import type pg from 'pg'
import { postgresLedger } from '#engines/postgres/ledger.ts'
import { systemClock } from '#kernel/clock.ts'
import { isFault } from '#kernel/fault.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { openRoom } from './room.fixture.ts'

export interface ShopOrder {
  connection: pg.PoolConfig
  role: string | undefined
  redisUrl: string | undefined
  /** How far the clock of this process is off. */
  skewMs: number
}

/** Buyers `from` to `to` of a sale; each clicks, some twice, some ask again. */
export interface CrowdOrder {
  saleId: string
  from: number
  to: number
  pays: boolean
}

export interface CrowdTold {
  /** Attempts that were told `reserved`. */
  reserved: string[]
  answers: Record<string, number>
  /** Attempts that were told two different things. */
  changed: string[]
}

const ATTEMPTS = 200
const AT_ONCE = 100

async function shop({ connection, role, redisUrl, skewMs }: ShopOrder) {
  const ledger = postgresLedger({
    connection,
    ...(role ? { role } : {}),
    log: rootLog({ level: 'silent' }),
    max: 6,
  })
  const room = await openRoom({
    ledger,
    redisUrl,
    clock: { ...systemClock, now: () => Date.now() + skewMs },
  })
  const ask = async (path: string, body: object = {}) => {
    for (let i = 0; i < ATTEMPTS; i++) {
      const { status, json } = await room.api('POST', path, body)
      if (status === 200) return json as { answer: string }
      if (status !== 503) throw new Error(`${status} ${JSON.stringify(json)}`)
      await systemClock.sleep(50)
    }
    return { answer: 'gave-up' }
  }
  return async ({ saleId, from, to, pays }: CrowdOrder): Promise<CrowdTold> => {
    const told: CrowdTold = { reserved: [], answers: {}, changed: [] }
    const buy = async (nth: number) => {
      const attempt = { attemptId: `a${nth}`, buyerId: `b${nth}`, items: [{ sku: 'A', quantity: 1 }] }
      const click = () => ask(`/sales/${saleId}/reservations`, attempt)
      const [first, twin] = await Promise.all([click(), nth % 5 === 0 ? click() : undefined])
      const again = nth % 7 === 0 ? await click() : undefined
      for (const other of [twin, again])
        if (other && JSON.stringify(other) !== JSON.stringify(first)) told.changed.push(attempt.attemptId)
      told.answers[first.answer] = (told.answers[first.answer] ?? 0) + 1
      if (first.answer !== 'reserved') return
      told.reserved.push(attempt.attemptId)
      process.send?.({ reserved: attempt.attemptId })
      if (pays) await ask(`/sales/${saleId}/reservations/${attempt.attemptId}/confirm`)
    }
    let next = from
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let nth = next++; nth < to; nth = next++) await buy(nth)
      }),
    )
    return told
  }
}

if (process.send) {
  process.once('message', async (order: ShopOrder) => {
    const crowd = await shop(order)
    process.on('message', async (each: CrowdOrder) => {
      try {
        process.send?.({ told: await crowd(each) })
      } catch (error) {
        process.send?.({ failed: isFault(error) ? error.code : String(error) })
      }
    })
    process.send?.({ ready: true })
  })
}
