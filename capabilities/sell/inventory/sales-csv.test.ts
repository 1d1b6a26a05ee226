import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '#kernel/fault.ts'
import { dateOf, wanted } from './demand.ts'
import { salesBook } from './sales-book.ts'
import { columnsOf } from './sales-columns.ts'
import { dayOf, type SalesFileOptions, salesReader } from './sales-csv.ts'

const read = async (text: string | Buffer, options: SalesFileOptions = {}) => {
  const reader = salesReader('test.csv', async () => Readable.from([Buffer.from(text)]), options)
  return { book: await salesBook(reader.lines()), columns: reader.columns() }
}
const on = (day: string) => Date.parse(day) / 86_400_000

test('columns are found by their headings, in English and Chinese, or named', () => {
  assert.deepEqual(
    columnsOf(
      ['InvoiceNo', 'StockCode', 'Description', 'Quantity', 'InvoiceDate', 'UnitPrice', 'CustomerID'],
      {},
    ),
    {
      order: 0,
      sku: 1,
      title: 2,
      quantity: 3,
      date: 4,
      price: 5,
      customer: 6,
    },
  )
  assert.deepEqual(columnsOf(['订单号', '支付时间', '商家编码', '商品数量'], {}), {
    order: 0,
    date: 1,
    sku: 2,
    quantity: 3,
  })
  assert.equal(
    columnsOf(['when', 'what', 'how many'], { date: 'when', sku: 'What', quantity: 'how many' }).quantity,
    2,
  )
  assert.throws(() => columnsOf(['when', 'sku', 'qty'], {}), /No column is known as the date/)
  assert.throws(() => columnsOf(['date', 'sku', 'qty'], { price: 'cost' }), /There is no column "cost"/)
})

test('bad lines are counted and named; the good ones around them count', async () => {
  const { book } = await read(
    [
      'date,sku,quantity,price',
      '2026-01-01,A,2,3.5',
      '2026-13-01,A,2,3.5',
      '2026-02-30,A,2,3.5',
      '2026-01-02,,2,3.5',
      '2026-01-02,A,two,3.5',
      '2026-01-02,A,1.5,3.5',
      '2026-01-02,A,2,free',
      '2026-01-02',
      '2026-01-03 10:00:00,a,1,"1,200.00"',
      '2026-01-04,A,1,0',
      '2026-01-05,A,99999999999,1',
    ].join('\r\n'),
  )
  assert.deepEqual(book.counts, { lines: 11, sales: 2, cancelled: 0, returned: 0, unpriced: 1, bad: 8 })
  assert.deepEqual(
    book.bad.first.map(({ line }) => line),
    [3, 4, 5, 6, 7, 8, 9, 12],
  )
  assert.equal(wanted(book.all[0]!, on('2026-01-01'), on('2026-02-01')), 3)
})

test('a cancellation on the day of its sale takes it back, wherever it stands; any other is a return', async () => {
  const { book } = await read(
    [
      'date,sku,quantity,customer',
      '2026-01-05,A,-80000,c1',
      '2026-01-05,A,80000,c1',
      '2026-01-05,A,3,c2',
      '2026-01-06,A,-3,c2',
      '2026-01-06,A,-1,c9',
    ].join('\n'),
  )
  assert.equal(book.counts.cancelled, 1)
  assert.equal(book.counts.returned, 2)
  assert.equal(wanted(book.all[0]!, on('2026-01-05'), on('2026-01-07')), 3)
  assert.deepEqual(book.about.get('A'), { title: '', units: 3, returned: 4, lastPrice: null })
})

test('dates as people write them', () => {
  const as = (text: string, dates: 'mdy' | 'dmy' = 'mdy') => {
    const day = dayOf(text, dates)
    return day === null ? null : dateOf(day)
  }
  assert.equal(as('2026-03-04'), '2026-03-04')
  assert.equal(as('2026/3/4 8:26'), '2026-03-04')
  assert.equal(as('2026年3月4日'), '2026-03-04')
  assert.equal(as('20260304'), '2026-03-04')
  assert.equal(as('3/4/2026 8:26'), '2026-03-04')
  assert.equal(as('3/4/2026', 'dmy'), '2026-04-03')
  assert.equal(as('13/4/2026'), null)
  assert.equal(as('yesterday'), null)
})

test('no sales, no heading, no file: one sentence, no stack', async () => {
  for (const text of ['', 'date,sku,quantity\n', 'date,sku,quantity\nx,y,z\n', 'a,b\n1,2\n'])
    await assert.rejects(read(text), (error) => isFault(error) && error.kind === 'invalid')
})

test('whatever bytes come, the answer is a book or a fault', async () => {
  const cell = fc.oneof(
    fc.string(),
    fc.constantFrom('2026-01-01', 'A', '1', '"', '""', '\n', '-3', '\u0000', '🎁'),
  )
  const bytes = fc.array(fc.array(cell, { maxLength: 6 }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(bytes, async (lines) => {
      const text = `date,sku,quantity\n2026-01-01,A,1\n${lines.map((cells) => cells.join(',')).join('\n')}`
      try {
        const { book } = await read(text)
        assert.ok(book.counts.sales >= 1)
      } catch (error) {
        assert.ok(isFault(error), String(error))
      }
    }),
    { numRuns: 200 },
  )
})
