import type { Attempt, Intent } from './flash-sale.ts'
import type { Entry, Settling, StreamEntry } from './store.ts'

/**
 * What this process has been told by Redis. A Redis that was killed may come back without its last second: whoever heard
 * of it then can name it, and put it right.
 */
export interface Told {
  /** The last intent known of a sale, '' when none. */
  last(saleId: string): string
  trust(saleId: string, position: string): void
  reserved(
    saleId: string,
    told: { position: string; nowMs: number; attempts: readonly Attempt[]; records: readonly string[] },
  ): void
  settled(
    saleId: string,
    told: { position: string; nowMs: number; operations: readonly Settling[]; states: readonly string[] },
  ): void
  recent(saleId: string): StreamEntry[]
}

/** Longer than any AOF waits for its fsync. */
const KEPT_MS = 10_000
const MOST_KEPT = 5_000
const MOST_SALES = 10_000

export function memory(): Told {
  const last = new Map<string, string>()
  // Read only on the day on which Redis was killed: kept as it came.
  const recent: { saleId: string; atMs: number; position: string; entries: () => Entry[] }[] = []

  const trust = (saleId: string, position: string) => {
    if (!isLater(position, last.get(saleId) ?? '')) return
    last.delete(saleId)
    last.set(saleId, position)
    if (last.size > MOST_SALES) last.delete(last.keys().next().value!)
  }
  const keep = (saleId: string, position: string, entries: () => Entry[]) => {
    trust(saleId, position)
    const nowMs = performance.now()
    recent.push({ saleId, atMs: nowMs, position, entries })
    let old = Math.max(0, recent.length - MOST_KEPT)
    while (old < recent.length && recent[old]!.atMs < nowMs - KEPT_MS) old++
    // In large steps: moving the rest for every entry would cost more than the entries.
    if (old > 500) recent.splice(0, old)
  }

  return {
    last: (saleId) => last.get(saleId) ?? '',
    trust,
    reserved(saleId, { position, nowMs, attempts, records }) {
      keep(saleId, position, () =>
        attempts.flatMap((attempt, i): Intent[] => {
          const [state, expires] = records[i]!.split('|', 2)
          if (state !== 'h') return []
          return [{ kind: 'reserve', atMs: nowMs, expiresAtMs: Number(expires), ...attempt }]
        }),
      )
    },
    settled(saleId, { position, nowMs, operations, states }) {
      keep(saleId, position, () =>
        operations
          .filter((_, i) => states[i] === 'h')
          .map((operation): Intent => {
            const about = { atMs: nowMs, attemptId: operation.reservationId, buyerId: '', items: [] }
            return operation.do === 'confirm'
              ? { kind: 'confirm', ...about }
              : { kind: 'release', reason: operation.reason, ...about }
          }),
      )
    },
    recent: (saleId): StreamEntry[] =>
      recent.flatMap((each) =>
        each.saleId === saleId ? [{ position: each.position, entries: each.entries() }] : [],
      ),
  }
}

/** Positions are `<ms>-<nth>`; '' comes before all. */
export function isLater(a: string, b: string): boolean {
  if (a === '') return false
  if (b === '') return true
  const [aMs, aNth] = a.split('-').map(Number) as [number, number]
  const [bMs, bNth] = b.split('-').map(Number) as [number, number]
  return aMs > bMs || (aMs === bMs && aNth > bNth)
}
