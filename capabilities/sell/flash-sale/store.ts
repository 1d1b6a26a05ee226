import {
  type Answer,
  type Attempt,
  type Count,
  type Intent,
  type Known,
  MOVES,
  type Operation,
  type Sale,
  type Settlement,
} from './flash-sale.ts'

export interface SkuCount extends Count {
  sku: string
}

/** What is written down beside the rule's own intents: the seller put units on sale, or took free ones off. */
export type Entry = Intent | { kind: 'stock'; atMs: number; sku: string; delta: number }

export type Settling = Exclude<Operation, { do: 'reserve' }>

/** How many units of each SKU the entries move, from where to where. */
export function movesOf(entries: readonly Entry[]): Map<string, Count> {
  const moves = new Map<string, Count>()
  const of = (sku: string) => {
    const known = moves.get(sku) ?? { stock: 0, free: 0, held: 0, sold: 0 }
    moves.set(sku, known)
    return known
  }
  for (const entry of entries) {
    if (entry.kind === 'refuse') continue
    if (entry.kind === 'stock') {
      of(entry.sku).stock += entry.delta
      of(entry.sku).free += entry.delta
      continue
    }
    const [from, to] = MOVES[entry.kind]
    for (const { sku, quantity } of entry.items) {
      of(sku)[from] -= quantity
      of(sku)[to] += quantity
    }
  }
  return moves
}

/**
 * Where units are taken and given back. Each operation is one atomic step: check, limits, deduction and the durable
 * intent together. Time is the store's own, so the clocks of processes do not matter. One contract suite for all.
 */
export interface Store {
  /** Puts a new sale on the shelves. One that is there already stays as it is. */
  open(sale: Sale): Promise<void>
  /** Makes the changed terms of a sale known. */
  publish(sale: Sale): Promise<void>
  /** Sets how many units are on sale in all. `false` when fewer would be left than are held and sold. */
  setStock(sale: Sale, sku: string, stock: number): Promise<boolean>
  reserve(saleId: string, attempt: Attempt): Promise<Answer>
  settle(saleId: string, operation: Settling): Promise<Settlement>
  /** Units of every SKU at one instant. */
  counts(saleId: string): Promise<SkuCount[]>
  /** The same of each shard, where the sale has more than one; its free units may be fewer, as some are on their way. */
  shards(saleId: string): Promise<SkuCount[][]>
  /** SKUs with nothing left, and the attempts decided so far; null when those are more than `most`. */
  soldOut(saleId: string, most: number): Promise<{ skus: string[]; attempts: string[] } | null>
  /** Gives back up to `limit` holds that nobody paid in time, each exactly once whoever asks; answers how many. */
  expire(saleId: string, limit: number): Promise<number>
  /** The durable intents of a store that is not the ledger itself; null of one that is. */
  readonly stream: IntentStream | null
}

export interface StreamEntry {
  position: string
  entries: Entry[]
}

/**
 * Intents until the ledger has them. A position says how far each shard has come; what an intent builds on comes before
 * it, and the intents of one attempt come in the order in which they happened.
 */
export interface IntentStream {
  read(saleId: string, after: string, limit: number): Promise<StreamEntry[]>
  /** What lies between two positions, or behind one, in any order: also what builds on something that was lost. */
  between(saleId: string, after: string, upTo: string | null, limit: number): Promise<StreamEntry[]>
  /**
   * Counts and the last position, with no unit twice or left out; null when the store does not know the sale, or its
   * shards do not agree.
   */
  snapshot(saleId: string): Promise<{ position: string; skus: SkuCount[] } | null>
  /** Whether the intent at `position` is still there, or was trimmed because the ledger has it. */
  remembers(saleId: string, position: string): Promise<boolean>
  /** Forgets intents before `position`. */
  trim(saleId: string, position: string): Promise<void>
  /** Answers nobody any more until the sale was rebuilt. */
  suspend(sale: Sale): Promise<void>
  /** Puts the sale back as the ledger has it; answers with the position from which intents go on. */
  rebuild(
    sale: Sale,
    from: { skus: readonly SkuCount[]; attempts: AsyncIterable<[string, Known][]> },
  ): Promise<string>
  /** Tells what is known to have been written elsewhere: a store that has forgotten it answers no more. */
  trust(saleId: string, position: string): void
  /** What this process was told lately and the store has forgotten since. */
  forgotten(saleId: string): Promise<StreamEntry[]>
}

/** What a store is built on, for people to see. */
export const engineOf = (store: Store): 'postgres' | 'redis' => (store.stream ? 'redis' : 'postgres')
