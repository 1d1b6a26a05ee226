import type { Static } from 'typebox'
import type { Clock } from '#kernel/clock.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Books } from './books.ts'
import { checkedSale } from './flash-sale.ts'
import type { Store } from './store.ts'
import { type SaleInput, type SaleView, saleView } from './views.ts'

interface Parts {
  books: Books
  store: Store
  clock: Clock
  holdSeconds: number
}

const TOKEN_SECONDS = 120

/** Writes a new sale down and puts its units on the shelves, whichever way in it came by. */
export async function prepare(
  { books, store, clock, holdSeconds }: Parts,
  workspaceId: WorkspaceId,
  input: Static<typeof SaleInput>,
): Promise<Static<typeof SaleView>> {
  const wanted = checkedSale({
    ...input,
    status: 'on' as const,
    holdSeconds: input.holdSeconds ?? holdSeconds,
    limitPerBuyer: input.limitPerBuyer ?? null,
    admission: input.admission
      ? { ...input.admission, tokenSeconds: input.admission.tokenSeconds ?? TOKEN_SECONDS }
      : null,
    isRehearsal: false,
    skus: input.skus.map((sku) => ({
      ...sku,
      title: sku.title ?? sku.sku,
      limitPerBuyer: sku.limitPerBuyer ?? null,
      shards: sku.shards ?? 1,
    })),
  })
  const sale = await books.create(workspaceId, wanted)
  await store.open(sale)
  return saleView(sale, clock.now())
}
