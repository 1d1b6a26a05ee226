// A real year of a gift shop: the levels are held against what was sold after them, in several windows.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { backtest } from './backtest.ts'
import { outlooks } from './forecast.ts'
import { salesBook } from './sales-book.ts'
import { salesFile } from './sales-csv.ts'

const file = join(import.meta.dirname, '../../../../shared/data/retail_uci/online_retail.csv.gz')
const skip = existsSync(file) ? false : 'the real data is not here (shared/data)'

test('real sales: every line is accounted for, and the share of SKU-weeks without a stock-out is what was asked for', {
  skip,
  timeout: 120_000,
}, async () => {
  const book = await salesBook(salesFile(file).lines())
  const { lines, sales, cancelled, returned, unpriced, bad } = book.counts
  assert.equal(lines, 431_673)
  assert.equal(sales + cancelled + returned + unpriced + bad, lines)
  const made = outlooks(book.all)
  for (const weeksBefore of [0, 9]) {
    const ask = {
      serviceLevel: 0.95,
      leadDays: 7,
      weeks: 8,
      historyWeeks: 20,
      end: book.end - 7 * weeksBefore,
    }
    const { shareWithoutStockOut, shareCovered, fromDate, toDate, skuWeeks } = backtest(book.all, ask, made)
    console.log(
      `${fromDate} to ${toDate}: ${skuWeeks} SKU-weeks, without a stock-out ${shareWithoutStockOut.toFixed(3)}, covered ${shareCovered.toFixed(3)}`,
    )
    for (const share of [shareWithoutStockOut, shareCovered])
      assert.ok(share >= 0.92 && share <= 0.98, `${share}`)
  }
})
