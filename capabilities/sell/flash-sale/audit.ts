import type { Books, Drift } from './books.ts'
import type { Count, Sale } from './flash-sale.ts'
import { type Entry, movesOf, type SkuCount, type Store } from './store.ts'

const TRIES = 3
const READ_LIMIT = 2_000

export interface Audit {
  drifts: Drift[]
  /** The store does not have what the ledger has booked from it: it must be filled again. */
  isBehind: boolean
}

/** Holds every account of a sale's units against the others: initial = free + held + sold, in rows, ledger and store. */
export async function audit(books: Books, store: Store, { saleId }: Sale): Promise<Audit> {
  const rows = await books.rowDrift(saleId)
  if (!store.stream) return { drifts: rows, isBehind: false }
  let found: Audit = { drifts: [], isBehind: false }
  // The ledger moves on while we look; only what is found every time is there.
  for (let i = 0; i < TRIES; i++) {
    found = await storeDrift(books, store.stream, saleId)
    if (found.drifts.length === 0) break
  }
  return { drifts: [...rows, ...found.drifts], isBehind: found.isBehind }
}

async function storeDrift(
  books: Books,
  stream: NonNullable<Store['stream']>,
  saleId: string,
): Promise<Audit> {
  const ledger = await books.counts(saleId)
  const snapshot = await stream.snapshot(saleId)
  if (!snapshot || !(await stream.remembers(saleId, ledger.position))) return { drifts: [], isBehind: true }
  const since = await stream.between(saleId, ledger.position, snapshot.position, READ_LIMIT)
  // More is on its way than one look takes: the next one will see less.
  if ((since.at(-1)?.position ?? ledger.position) !== snapshot.position)
    return { drifts: [], isBehind: false }
  const expected = moved(
    ledger.skus,
    since.flatMap(({ entries }) => entries),
  )
  return { drifts: expected.flatMap((count) => differs(count, snapshot.skus)), isBehind: false }
}

function differs(expected: SkuCount, skus: readonly SkuCount[]): Drift[] {
  const { sku } = expected
  const found = skus.find((each) => each.sku === sku) ?? { sku, stock: 0, free: 0, held: 0, sold: 0 }
  const places = (['stock', 'free', 'held', 'sold'] as const).filter((each) => expected[each] !== found[each])
  if (places.length === 0) return []
  const text = (count: Count) => places.map((each) => `${count[each]} ${each}`).join(', ')
  return [
    {
      sku,
      place: 'store',
      expected: expected[places[0]!],
      found: found[places[0]!],
      detail: `the ledger says ${text(expected)}; the store says ${text(found)}`,
    },
  ]
}

/** Counts after the entries. */
function moved(skus: readonly SkuCount[], entries: readonly Entry[]): SkuCount[] {
  const moves = movesOf(entries)
  return skus.map((count) => {
    const move = moves.get(count.sku)
    if (!move) return count
    const { stock, free, held, sold } = move
    return {
      sku: count.sku,
      stock: count.stock + stock,
      free: count.free + free,
      held: count.held + held,
      sold: count.sold + sold,
    }
  })
}
