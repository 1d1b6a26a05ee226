import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const root = join(import.meta.dirname, '../../..')
const data = mkdtempSync(join(tmpdir(), 'doubloon-rehearse-'))
after(() => rmSync(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))

const rehearse = (...args: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((done) =>
    execFile(
      process.execPath,
      [join(root, 'cli.ts'), 'flash-sale', 'rehearse', ...args],
      {
        cwd: data,
        env: { PATH: process.env.PATH, DOUBLOON_DATA: join(data, 'data'), DOUBLOON_SANDBOX: 'off' },
      },
      (error, stdout, stderr) => done({ code: error ? Number(error.code) : 0, stdout, stderr }),
    ),
  )

test('what cannot be rehearsed is refused in a sentence', { timeout: 60_000 }, async () => {
  for (const [args, says] of [
    [['--stock', '-1'], '--stock must be a whole number from 1, and is "-1"'],
    [['--stock', '1.5'], '--stock must be a whole number from 1, and is "1.5"'],
    [['--buyers', 'abc'], '--buyers must be a whole number from 1, and is "abc"'],
    [['--store', 'mysql'], '--store must be postgres or redis, and is "mysql"'],
  ] as const) {
    const { code, stdout, stderr } = await rehearse(...args)
    assert.deepEqual([code, stdout, stderr], [1, '', `${says} (flash-sale/invalid)\n`])
  }
  const { code, stderr } = await rehearse('--store', 'redis')
  assert.equal(code, 1)
  assert.match(stderr, /^flash-sale: its store is set to redis, and no redis is set .*\nSet REDIS_URL/)
})

test('a rehearsal opens a platform of its own, sells every unit and says so as JSON', {
  timeout: 90_000,
}, async () => {
  const { code, stdout, stderr } = await rehearse('--stock', '100', '--buyers', '2000', '--json')
  assert.equal(code, 0, stderr)
  const { sold, isExact, buyers, changedAnswers, ledger } = JSON.parse(stdout)
  assert.deepEqual([sold, isExact, buyers, changedAnswers], [100, true, 2_000, 0])
  assert.deepEqual(ledger, [{ sku: 'rehearsal', stock: 100, free: 0, held: 0, sold: 100 }])
})

test('a rehearsal says as text how it went, to the last unit', { timeout: 90_000 }, async () => {
  const { code, stdout, stderr } = await rehearse('--stock', '30', '--buyers', '300')
  assert.equal(code, 0, stderr)
  const [speed, latency, answers, ledger, verdict] = stdout.trim().split('\n')
  assert.match(speed!, /^300 buyers, \d+ requests in [\d.]+ s: \d+ a second$/)
  assert.match(latency!, /^latency {4}p50 [\d.]+ ms {3}p99 [\d.]+ ms {3}p99.9 [\d.]+ ms$/)
  assert.match(answers!, /^answers {4}(?=.*reserved \d+)(?=.*sold-out \d+)/)
  assert.equal(ledger, 'ledger     rehearsal: 30 = 0 free + 0 held + 30 sold')
  assert.equal(verdict, 'exact: every unit is accounted for, and nobody was told two things')
})
