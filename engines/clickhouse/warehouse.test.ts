import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { realEngine } from '#testing/engines.ts'
import { warehouseContract } from './warehouse.contract.ts'
import { openWarehouse } from './warehouse.ts'

/** A lean installation leaves chdb out: the suites say so instead of failing. */
const isInstalled = await import('chdb').then(
  () => true,
  () => false,
)
if (!isInstalled && process.env['ENGINES'] === 'required')
  throw new Error('ENGINES=required, but chdb is not installed')
const skip = isInstalled ? false : 'chdb is not installed (npm install without --omit=optional)'

const inTempFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doubloon-warehouse-'))
  const warehouse = await openWarehouse({ url: '', folder: join(folder, 'data') })
  const close = async () => {
    await warehouse.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { ...warehouse, close }
}

warehouseContract('chdb', async () => (skip ? { skip } : inTempFolder()))

warehouseContract('clickhouse', async () => {
  const real = realEngine('clickhouse')
  return 'skip' in real ? real : openWarehouse({ url: real.url, folder: '' })
})

test('what was inserted is there when the folder is opened again', { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doubloon-warehouse-'))
  const first = await openWarehouse({ url: '', folder })
  await first.command('CREATE TABLE kept (id Int64) ENGINE = MergeTree ORDER BY id')
  await first.insert('kept', [{ id: '7301234567890123456' }])
  await first.close()
  const second = await openWarehouse({ url: '', folder })
  assert.deepEqual(await second.query('SELECT * FROM kept'), [{ id: '7301234567890123456' }])
  await second.close()
  await rm(folder, { recursive: true, force: true })
})

test('what was acknowledged survives a kill -9 of the process', { skip, timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doubloon-warehouse-'))
  const script = `
    import { openWarehouse } from '#engines/clickhouse/warehouse.ts'
    const warehouse = await openWarehouse({ url: '', folder: process.argv[1] })
    await warehouse.command('CREATE TABLE kept (id Int64) ENGINE = MergeTree ORDER BY id')
    for (let id = 1; ; id++) {
      await warehouse.insert('kept', [{ id }])
      process.stdout.write(id + '\\n')
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  for await (const chunk of child.stdout) {
    said += chunk
    if (said.split('\n').length > 50) child.kill('SIGKILL')
  }
  const acknowledged = Number(said.trimEnd().split('\n').at(-1))
  const warehouse = await openWarehouse({ url: '', folder })
  const [row] = await warehouse.query<{ n: string }>('SELECT count() AS n FROM kept')
  assert.ok(
    acknowledged >= 50 && Number(row!.n) >= acknowledged,
    `${row!.n} rows, ${acknowledged} acknowledged`,
  )
  await warehouse.close()
  await rm(folder, { recursive: true, force: true })
})

test('a server that is away is unavailable', async () => {
  const warehouse = await openWarehouse({ url: 'http://127.0.0.1:1', folder: '' })
  await assert.rejects(warehouse.query('SELECT 1'), { kind: 'unavailable', code: 'warehouse/away' })
  await warehouse.close()
})
