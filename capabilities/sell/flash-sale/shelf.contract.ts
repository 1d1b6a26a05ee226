import fc from 'fast-check'
import { decide, type Operation, record, type Shelf, type Terms } from './flash-sale.ts'

/** A shelf for suites, open all day. */
export function shelfOf(
  skus: Record<string, { stock: number; limit?: number }>,
  terms: Partial<Terms> = {},
): Shelf {
  return {
    terms: {
      opensAtMs: 0,
      closesAtMs: Number.MAX_SAFE_INTEGER,
      holdSeconds: 60,
      limitPerBuyer: null,
      status: 'on',
      ...terms,
    },
    skus: new Map(
      Object.entries(skus).map(([sku, { stock, limit = null }]) => [
        sku,
        { stock, free: stock, held: 0, sold: 0, limitPerBuyer: limit },
      ]),
    ),
    attempts: new Map(),
    bought: new Map(),
    offHours: 0,
  }
}

/** Decides and records: the whole store, were there one process that never ends. */
export function applied<O extends Operation>(shelf: Shelf, operation: O, nowMs: number) {
  const { answer, intent } = decide(shelf, operation, nowMs)
  if (intent) record(shelf, intent)
  return answer as O extends { do: 'reserve' }
    ? Exclude<typeof answer, string>
    : Extract<typeof answer, string>
}

/** Objects as our code makes them, with a prototype. */
const plain = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(model, { noNullPrototype: true })
const attemptId = fc.integer({ min: 0, max: 14 }).map((n) => `t${n}`)
const line = plain({ sku: fc.constantFrom('A', 'B'), quantity: fc.integer({ min: 1, max: 3 }) })

/** A few buyers, few attempts, two SKUs: so that collisions, retries and refusals are common. */
export const operations: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: plain({
      do: fc.constant('reserve' as const),
      attempt: plain({
        attemptId,
        buyerId: fc.constantFrom('ann', 'bob', 'cat'),
        items: fc.uniqueArray(line, { minLength: 1, maxLength: 2, selector: ({ sku }) => sku }),
      }),
    }),
  },
  { weight: 1, arbitrary: plain({ do: fc.constant('confirm' as const), reservationId: attemptId }) },
  {
    weight: 1,
    arbitrary: plain({
      do: fc.constant('release' as const),
      reservationId: attemptId,
      reason: fc.constant('buyer' as const),
    }),
  },
)
