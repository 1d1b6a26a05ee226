import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { digits19 } from '#sandbox/random.ts'
import { readNdjson } from '#sandbox/world-files.ts'
import { type LooseOrder, type Order, orderFrom } from './order.ts'
import type { Sku } from './shop.ts'

type Row = Record<string, unknown>

/** Rows from what a request carried: a stream of NDJSON, or JSON text (an array, or `{file}`). */
async function* rowsOf(body: unknown): AsyncGenerator<Row> {
  if (body instanceof Readable) {
    for await (const line of createInterface({ input: body })) if (line.trim()) yield JSON.parse(line)
    return
  }
  const value: unknown = JSON.parse(String(body ?? ''))
  if (Array.isArray(value)) yield* value
  else if (typeof (value as Row)?.['file'] === 'string') yield* readNdjson(String((value as Row)['file']))
  else throw new Error('orders come as NDJSON, as a JSON array or as {"file": "..."}')
}

async function each<T>(body: unknown, make: (row: Row, nth: number) => T): Promise<T[]> {
  const made: T[] = []
  for await (const row of rowsOf(body)) {
    try {
      made.push(make(row, made.length))
    } catch (error) {
      throw new Error(`row ${made.length + 1}: ${(error as Error).message}`)
    }
  }
  return made
}

export const loadedOrders = (body: unknown): Promise<Order[]> =>
  each(body, (row) => orderFrom(row as LooseOrder))

export const loadedSkus = (body: unknown, nowMs: number): Promise<Sku[]> =>
  each(body, (row, nth) => {
    const text = (name: string, otherwise: string) => String(row[name] ?? otherwise)
    const code = text('code', `SKU-${nth + 1}`)
    return {
      skuId: text('skuId', digits19(`sku/${code}`)),
      productId: text('productId', digits19(`product/${code}`)),
      name: text('name', code),
      spec: text('spec', ''),
      code,
      priceFen: Number(row['priceFen'] ?? 0),
      stock: Number(row['stock'] ?? 0),
      prehold: Number(row['prehold'] ?? 0),
      createdAtMs: Number(row['createdAtMs'] ?? nowMs),
    }
  })
