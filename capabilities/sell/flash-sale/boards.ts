import type { Clock } from '#kernel/clock.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Books } from './books.ts'
import type { Desk } from './desk.ts'
import { totalOf } from './history.ts'
import type { meters } from './meter.ts'
import { engineOf, type Store } from './store.ts'
import { type Board, saleView } from './views.ts'

interface Parts {
  desk: Desk
  books: Books
  store: Store
  meters: ReturnType<typeof meters>
  clock: Clock
}

/** However many look on, a sale is read this often. */
const FRESH_MS = 400
const MOST = 200

/** All that a page shows of a sale, as it is now. */
export function boards({ desk, books, store, meters, clock }: Parts) {
  const recent = new Map<string, { atMs: number; board: Promise<Board> }>()

  const read = async (workspaceId: WorkspaceId, saleId: string): Promise<Board> => {
    const sale = await desk.sale(workspaceId, saleId)
    const [ledger, shards, alarms] = await Promise.all([
      store.counts(saleId),
      store.shards(saleId),
      books.alarms(saleId),
    ])
    const total = totalOf(ledger)
    const stockOf = (sku: string, known: number) => ledger.find((count) => count.sku === sku)?.stock ?? known
    const view = saleView(sale, clock.now())
    return {
      sale: { ...view, skus: view.skus.map((sku) => ({ ...sku, stock: stockOf(sku.sku, sku.stock) })) },
      store: engineOf(store),
      atMs: clock.now(),
      ledger,
      total,
      shards,
      isExact:
        ledger.every(({ stock, free, held, sold }) => stock === free + held + sold) &&
        alarms.every(({ closedAtMs }) => closedAtMs !== null),
      live: meters.of(saleId).read(),
      alarms,
    }
  }

  return {
    async of(workspaceId: WorkspaceId, saleId: string): Promise<Board> {
      await desk.sale(workspaceId, saleId)
      const known = recent.get(saleId)
      if (known && clock.now() - known.atMs < FRESH_MS) return known.board
      const board = read(workspaceId, saleId)
      recent.set(saleId, { atMs: clock.now(), board })
      if (recent.size > MOST) recent.delete(recent.keys().next().value!)
      board.catch(() => recent.delete(saleId))
      return board
    },
    read,
  }
}
