// The commands as a person types them: what they print, what they write, and with which code they end.
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startSandbox } from '#sandbox/sandbox.ts'
import { migrationsOf, testLedger } from '#testing/ledger.ts'
import type { CommandAnswer, CommandOrder } from './cli-process.fixture.ts'
import { controlOf, openRoom } from './open-room.fixture.ts'
import { dayAfter, dayOf, dayWindow } from './reconciliation.ts'

const SHOP = '7000000031'
const DAY = dayAfter(dayOf(Date.now(), 'Asia/Shanghai'), -2)
const ORDERS = 30
const folder = mkdtempSync(join(tmpdir(), 'doubloon-cli-'))
const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true })]
let terminal: ChildProcess
let url: string

before(async () => {
  const it = await testLedger([migrationsOf('order-sync', 'sell')])
  closing.push(it.close)
  const sandbox = await startSandbox({ seed: 8, live: false })
  closing.push(sandbox.close)
  const room = await openRoom({ ledger: it.ledger, sandbox, workers: false, jobs: true })
  closing.push(room.close)
  url = room.url
  const { fromMs } = dayWindow(DAY, 'Asia/Shanghai')
  const orders = Array.from({ length: ORDERS }, (_, nth) => ({
    orderId: `69230000000000${String(nth).padStart(5, '0')}`,
    createdAtMs: fromMs + nth * 60_000,
    items: [{ code: 'C', name: '竹, "毛巾"', quantity: 2, priceFen: 990 }],
  }))
  await controlOf(sandbox)('PUT', `/doudian/shops/${SHOP}/orders`, orders)
  await room.post('/shops', { shopId: SHOP, backfillDays: 0 })
  terminal = fork(join(import.meta.dirname, 'cli-process.fixture.ts'))
  closing.push(() => terminal.kill())
})
after(async () => {
  for (const close of closing.reverse()) await close()
})

const doubloon = async (...args: string[]): Promise<CommandAnswer> => {
  terminal.send({ url, args } satisfies CommandOrder)
  const [answer] = await once(terminal, 'message')
  return answer
}
const at = (name: string) => join(folder, name)

test('reconcile names what is missing and ends with 1; with --repair it ends with 0, and again is the same', async () => {
  const named = await doubloon('reconcile', '--shop', SHOP, '--date', DAY, '--json')
  const report = JSON.parse(named.stdout)
  assert.deepEqual([named.code, report.compared, report.equal, report.isPartial], [1, ORDERS, 0, false])
  assert.deepEqual(report.byKind.missing, { found: ORDERS, repaired: 0, offFen: ORDERS * 1_980 })

  const repaired = await doubloon(
    'reconcile',
    '--shop',
    SHOP,
    '--date',
    DAY,
    '--repair',
    '--out',
    at('report.csv'),
  )
  assert.equal(repaired.code, 0, repaired.stderr)
  assert.deepEqual(repaired.stdout.trimEnd().split('\n'), [
    `${SHOP} ${DAY}: ${ORDERS} compared, 0 equal (0.000 %)`,
    `  漏单 missing: ${ORDERS}, repaired ${ORDERS}`,
    `  written to ${at('report.csv')}`,
  ])
  const csv = readFileSync(at('report.csv'), 'utf8')
  assert.equal(csv.trimEnd().split('\n').length, ORDERS + 1)
  assert.match(csv, /漏单/)

  const again = await doubloon(
    'reconcile',
    '--shop',
    SHOP,
    '--date',
    DAY,
    '--repair',
    '--out',
    at('again.csv'),
  )
  assert.deepEqual([again.code, readFileSync(at('again.csv'), 'utf8')], [0, csv])
})

test('what cannot be reconciled is refused in a sentence, with exit code 1 and nothing on standard output', async () => {
  const tomorrow = dayAfter(dayOf(Date.now(), 'Asia/Shanghai'), 1)
  for (const [shop, day, says] of [
    ['12', DAY, /shop/i],
    [SHOP, '2026-02-30', /date|day/i],
    [SHOP, 'yesterday', /date|day/i],
    [SHOP, tomorrow, /is no day that has begun/],
  ] as const) {
    const out = at(`refused-${day}.csv`)
    const { code, stdout, stderr } = await doubloon(
      'reconcile',
      '--shop',
      shop,
      '--date',
      day,
      '--json',
      '--out',
      out,
    )
    assert.deepEqual([code, stdout], [1, ''], `${shop} ${day}: ${stderr}`)
    assert.match(stderr, says)
    assert.match(stderr, /\(order-sync\/|\(http\//)
    assert.equal(existsSync(out), false, 'no file is left behind')
  }
  const { code, stderr } = await doubloon('reconcile', '--shop', SHOP)
  assert.notEqual(code, 0)
  assert.match(stderr, /--date/)
})

test('orders go out in both formats and in again, and nothing changes', async () => {
  for (const format of ['ndjson', 'csv'] as const) {
    const file = at(`orders.${format}`)
    const out = await doubloon(
      'orders',
      'export',
      '--shop',
      SHOP,
      '--format',
      format,
      '--out',
      file,
      '--json',
    )
    assert.deepEqual(
      [out.code, JSON.parse(out.stdout)],
      [0, { format, out: file, lines: ORDERS + (format === 'csv' ? 1 : 0) }],
    )
    const same = { fresh: 0, changed: 0, same: ORDERS, late: 0 }
    const taken = await doubloon('orders', 'import', file, '--json')
    assert.deepEqual([taken.code, JSON.parse(taken.stdout)], [0, { file, ...same }], taken.stderr)
  }
  const { stdout, code } = await doubloon('orders', 'export', '--shop', SHOP)
  assert.deepEqual([code, stdout], [0, readFileSync(at('orders.ndjson'), 'utf8')])
  assert.deepEqual(await doubloon('orders', 'export', '--shop', '12'), { code: 0, stdout: '', stderr: '' })
})

test('a bad file is refused with its reason', async () => {
  writeFileSync(
    at('spoilt.csv'),
    'shopId,orderId,itemsFen,updatedAt,quantity,sumFen\n1,6.92105E+18,1,2026-01-01T00:00:00Z,1,1\n',
  )
  writeFileSync(at('broken.ndjson'), '{"shopId":\n')
  writeFileSync(at('other.ndjson'), '{"shopId":"1"}\n')
  for (const [args, says] of [
    [['import', at('spoilt.csv')], /a spreadsheet has rounded/],
    [['import', at('broken.ndjson')], /line 1|JSON/],
    [['import', at('other.ndjson')], /orders/],
    [['import', at('nowhere.csv')], /nowhere\.csv/],
    [['import', at('spoilt.csv'), '--format', 'xml'], /--format must be ndjson or csv, not "xml"/],
    [['export', '--format', 'xml'], /--format must be ndjson or csv, not "xml"/],
    [['export', '--out', at('no/such/folder/x')], /no\/such\/folder/],
  ] as const) {
    const { code, stdout, stderr } = await doubloon('orders', ...args)
    assert.deepEqual([code, stdout], [1, ''], `${args}: ${stderr}`)
    assert.match(stderr, says)
    assert.doesNotMatch(stderr, /^ {4}at /m, 'a sentence, not a stack')
  }
})
