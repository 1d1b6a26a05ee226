import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { isFault } from '#kernel/fault.ts'
import type { OpenedWarehouse } from './warehouse.ts'

/** Both ways to ClickHouse must pass this: the same SQL gives the same rows. */
export function warehouseContract(
  name: string,
  open: () => Promise<OpenedWarehouse | { skip: string }>,
): void {
  describe(`warehouse on ${name}`, { timeout: 120_000 }, () => {
    let warehouse: OpenedWarehouse
    let skip: string | undefined
    const table = `contract_${process.pid}_${Date.now()}`

    before(async () => {
      const opened = await open()
      if ('skip' in opened) {
        skip = opened.skip
        return
      }
      warehouse = opened
      await warehouse.command(`CREATE TABLE ${table} (
        id Int64, title String, plays UInt64, share Float64, tags Array(String), at DateTime('UTC'), version UInt64
      ) ENGINE = ReplacingMergeTree(version) PARTITION BY toYYYYMM(at) ORDER BY (id)`)
    })
    after(async () => {
      if (skip !== undefined) return
      await warehouse.command(`DROP TABLE ${table}`)
      await warehouse.close()
    })

    const it = (promise: string, body: () => Promise<void>) =>
      test(promise, async (t) => (skip === undefined ? body() : t.skip(skip)))
    const refused = (kind: string, code: string) => (error: unknown) =>
      isFault(error) && error.kind === kind && error.code === code

    const video = {
      id: '7301234567890123456',
      title: '抖音 🍊 it\'s "quoted" \\ and\nbroken',
      plays: '18446744073709551615',
      share: 0.25,
      tags: ['好物', "o'clock"],
      at: '2026-01-02 03:04:05',
      version: '1',
    }

    it('gives rows back as they went in: 64-bit integers as strings, Unicode, arrays', async () => {
      await warehouse.insert(table, [video])
      assert.deepEqual(
        await warehouse.query(`SELECT * FROM ${table} WHERE id = {id:Int64}`, { id: video.id }),
        [video],
      )
      const [sum] = await warehouse.query(
        `SELECT sum(plays) AS plays, count() AS n, max(share) AS share FROM ${table}`,
      )
      assert.deepEqual(sum, { plays: video.plays, n: '1', share: 0.25 })
    })

    it('takes times as text, ISO 8601 or Unix seconds', async () => {
      const times = ['2026-02-03 04:05:06', '2026-02-03T04:05:06Z', 1_770_091_506]
      await warehouse.insert(
        table,
        times.map((at, i) => ({ ...video, id: String(10 + i), at })),
      )
      const rows = await warehouse.query(`SELECT at FROM ${table} WHERE id IN {ids:Array(Int64)}`, {
        ids: [10, 11, 12],
      })
      assert.deepEqual(
        rows,
        Array.from({ length: 3 }, () => ({ at: '2026-02-03 04:05:06' })),
      )
    })

    it('keeps the newest version of a row', async () => {
      await warehouse.insert(table, [{ ...video, id: '20', version: 2, title: 'new' }])
      await warehouse.insert(table, [{ ...video, id: '20', version: 1, title: 'old' }])
      const rows = await warehouse.query(`SELECT title FROM ${table} FINAL WHERE id = 20`)
      assert.deepEqual(rows, [{ title: 'new' }])
    })

    it('takes 50,000 rows and counts them, and answers others meanwhile', async () => {
      const rows = Array.from({ length: 50_000 }, (_, i) => ({
        ...video,
        id: String(1_000_000 + i),
        plays: i,
      }))
      const inserting = warehouse.insert(table, rows)
      let ticks = 0
      let isDone = false
      inserting.finally(() => {
        isDone = true
      })
      while (!isDone) {
        await setImmediate()
        ticks++
      }
      await inserting
      assert.ok(ticks > 10, `the loop turned ${ticks} times during the insert`)
      const [row] = await warehouse.query(
        `SELECT count() AS n, uniqExact(id) AS ids FROM ${table} WHERE id >= 1000000 AND id < 2000000`,
      )
      assert.deepEqual(row, { n: '50000', ids: '50000' })
    })

    it('answers an empty insert and an empty result', async () => {
      await warehouse.insert(table, [])
      assert.deepEqual(await warehouse.query(`SELECT * FROM ${table} WHERE id = 0`), [])
    })

    it('answers many at once', async () => {
      const asked = Array.from({ length: 40 }, (_, i) => warehouse.query('SELECT {i:UInt32} AS i', { i }))
      assert.deepEqual(
        (await Promise.all(asked)).flat(),
        Array.from({ length: 40 }, (_, i) => ({ i })),
      )
    })

    it('never takes a value for SQL', async () => {
      const evil = [
        "' OR 1=1 --",
        "\\' OR 1=1 --",
        '\\',
        "'); DROP TABLE x; --",
        '{x:String}',
        '/*',
        "''",
        'a\tb\u0001',
      ]
      for (const text of evil) {
        const [row] = await warehouse.query('SELECT {text:String} AS text, length({text:String}) AS n', {
          text,
        })
        assert.deepEqual(row, { text, n: String(Buffer.byteLength(text)) })
      }
      const rows = await warehouse.query(`SELECT id FROM ${table} WHERE title IN {titles:Array(String)}`, {
        titles: evil,
      })
      assert.deepEqual(rows, [])
      await assert.rejects(
        warehouse.query('SELECT {n:Int64} AS n', { n: '1 OR 1=1' }),
        refused('invalid', 'warehouse/parameter'),
      )
    })

    it('binds lists, arrays, numbers, days and times', async () => {
      const sql = `SELECT {a:Array(String)} AS a, {none:Array(Int64)} AS none, {f:Float64} AS f, {b:UInt8} AS b,
        {d:Date} AS d, toUInt32({t:DateTime}) AS t, 5 IN {l:Array(UInt8)} AS yes, 5 IN {none:Array(UInt8)} AS no LIMIT {n:UInt32}`
      const params = {
        a: ['x', "y'"],
        none: [],
        f: 1.5,
        b: true,
        d: '2026-01-02',
        t: 1_770_091_506,
        l: [4, 5],
        n: 3,
      }
      const expected = {
        a: ['x', "y'"],
        none: [],
        f: 1.5,
        b: 1,
        d: '2026-01-02',
        t: 1_770_091_506,
        yes: 1,
        no: 0,
      }
      assert.deepEqual(await warehouse.query(sql, params), [expected])
    })

    it('turns its errors into faults that tell nothing of the data', async () => {
      const invalid = refused('invalid', 'warehouse/refused')
      await assert.rejects(warehouse.query('SELECT secret FROM nowhere'), invalid)
      await assert.rejects(warehouse.command('SELEC'), invalid)
      await assert.rejects(warehouse.insert(table, [{ ...video, misspelt: 1 }]), invalid)
      await assert.rejects(warehouse.insert(table, [{ ...video, plays: 'many' }]), (error: Error) => {
        return invalid(error) && !error.message.includes('many')
      })
    })

    it('says its version', async () => {
      const { version, latencyMs } = await warehouse.probe()
      assert.match(version, /^\d+\.\d+/)
      assert.ok(latencyMs >= 0)
    })
  })
}
