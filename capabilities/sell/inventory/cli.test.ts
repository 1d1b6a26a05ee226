import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { FileReport } from './file-report.ts'

const folder = mkdtempSync(join(tmpdir(), 'doubloon-inventory-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** 40 weeks of a small gift shop in the columns of a till. */
function salesFile(): string {
  const lines = ['InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID']
  let seed = 3
  const chance = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32
  }
  for (let day = 0; day < 280; day++) {
    const date = new Date(Date.UTC(2025, 0, 6 + day)).toISOString().slice(0, 10)
    for (let sku = 0; sku < 60; sku++)
      if (chance() < 0.25)
        lines.push(
          `5${day},g${sku},GIFT ${sku},${Math.ceil(chance() * 12)},${date} 09:30:00,2.55,c${sku % 9}`,
        )
  }
  lines.push(
    'C5280,g1,GIFT 1,-3,2025-10-12 10:00:00,2.55,c1',
    'bad line',
    '5281,g2,GIFT 2,lots,2025-10-12,2.55,c1',
  )
  return lines.join('\n')
}

function run(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'cli.fixture.ts'), 'inventory', 'report', ...args],
    { encoding: 'utf8', maxBuffer: 64 * 1_048_576 },
  )
  if (status !== 0) throw new Error(stderr)
  return stdout
}

const sales = join(folder, 'sales.csv')
const zipped = join(folder, 'sales.csv.gz')
const stock = join(folder, 'stock.csv')
writeFileSync(sales, salesFile())
writeFileSync(zipped, gzipSync(salesFile()))
writeFileSync(stock, 'sku,available\ng0,0\nG1,5000\n')

test('a plain CSV, gzipped or not, becomes figures for every SKU and a backtest, without a platform', () => {
  const plain: FileReport = JSON.parse(run('--orders', sales, '--json', '--stock', stock))
  assert.deepEqual(JSON.parse(run('--orders', zipped, '--json', '--stock', stock)), plain)
  assert.equal(plain.skus.length, 60)
  assert.equal(plain.source.counts.bad, 2)
  assert.deepEqual(
    plain.source.bad.first.map(({ reason }) => reason),
    ['no SKU', 'quantity is no number'],
  )
  assert.equal(plain.source.counts.returned + plain.source.counts.cancelled, 1)
  assert.ok('skus' in plain.backtest && plain.backtest.skus === 60 && plain.backtest.skuWeeks === 480)
  const [none, plenty] = ['G0', 'G1'].map((sku) => plain.skus.find((one) => one.sku === sku)!)
  assert.equal(none!.suggested, none!.reorderPoint)
  assert.deepEqual(none!.warnings, ['stock-out-ahead'])
  assert.equal(plenty!.suggested, 0)
})

test('service level and lead time are taken; more of either asks for more', () => {
  const at = (...args: string[]) => {
    const { skus }: FileReport = JSON.parse(run('--orders', sales, '--json', ...args))
    return skus.reduce((sum, one) => sum + (one.reorderPoint ?? 0), 0)
  }
  const usual = at()
  assert.ok(at('--service-level', '0.8') < usual)
  assert.ok(at('--lead-days', '28') > usual)
  assert.throws(() => run('--orders', sales, '--service-level', '95'))
})

test('--until looks at nothing behind that day', () => {
  const cut: FileReport = JSON.parse(
    run('--orders', sales, '--json', '--until', '2025-09-30', '--weeks', '4'),
  )
  assert.equal(cut.source.toDate, '2025-09-30')
  assert.ok('toDate' in cut.backtest && cut.backtest.toDate === '2025-09-28')
  assert.throws(() => run('--orders', sales, '--until', 'soon'), /2026-01-31/)
})

test('the report for people names how the file was read; --out writes all SKUs', () => {
  const out = join(folder, 'out.csv')
  const said = run('--orders', sales, '--out', out)
  assert.match(said, /columns: date = InvoiceDate, sku = StockCode/)
  assert.match(said, /2 not readable/)
  assert.match(said, /backtest 2025-08-18 to 2025-10-12/)
  assert.equal(readFileSync(out, 'utf8').trim().split('\n').length, 61)
})

test('a file that is none is one sentence', () => {
  assert.throws(() => run('--orders', join(folder, 'none.csv')), /Cannot open/)
  writeFileSync(join(folder, 'cut.csv.gz'), gzipSync(salesFile()).subarray(0, 2_000))
  assert.throws(() => run('--orders', join(folder, 'cut.csv.gz')), /compression is damaged/)
})
