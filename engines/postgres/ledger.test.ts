import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isFault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { type TestLedger, testLedger } from '#testing/ledger.ts'

let it: TestLedger
before(async () => {
  it = await testLedger()
})
after(() => it.close())

const ours = 'ws_ours' as WorkspaceId
const theirs = 'ws_theirs' as WorkspaceId
const insertLease =
  "insert into platform.lease (workspace_id, name, holder, expires_at) values ($1, $2, 'x', now())"

test('a forgotten where sees one workspace only, and cannot write into another', async () => {
  await it.ledger.within(ours, (tx) => tx.query(insertLease, [ours, 'a']))
  await it.ledger.within(theirs, (tx) => tx.query(insertLease, [theirs, 'b']))
  const seen = await it.ledger.within(ours, (tx) => tx.query('select name from platform.lease'))
  assert.deepEqual(seen, [{ name: 'a' }])
  await assert.rejects(
    it.ledger.within(ours, (tx) => tx.query(insertLease, [theirs, 'c'])),
    /row-level security/,
  )
  const all = await it.ledger.everywhere.query('select name from platform.lease order by 1')
  assert.deepEqual(all, [{ name: 'a' }, { name: 'b' }])
})

test('a failed transaction leaves nothing, and its wake-ups do not run', async () => {
  let woken = 0
  await assert.rejects(
    it.ledger.across(async (tx) => {
      tx.afterCommit(() => woken++)
      await tx.query(insertLease, [ours, 'gone'])
      throw new Error('no')
    }),
  )
  assert.equal(woken, 0)
  assert.deepEqual(await it.ledger.everywhere.query("select 1 from platform.lease where name = 'gone'"), [])
})

test('a duplicate is a conflict, wrong SQL stays a bug', async () => {
  await it.ledger.everywhere.query(insertLease, [ours, 'twice'])
  await assert.rejects(
    it.ledger.everywhere.query(insertLease, [ours, 'twice']),
    (e) => isFault(e) && e.kind === 'conflict',
  )
  await assert.rejects(it.ledger.everywhere.query('selec 1'), (e) => !isFault(e))
})

test('notify wakes a listener in another connection', async () => {
  const heard = Promise.withResolvers<string>()
  await it.ledger.listen('bell', heard.resolve)
  await it.ledger.notify('bell', 'ding')
  assert.equal(await heard.promise, 'ding')
})

test('a timestamp is Unix ms and a 64-bit number a string', async () => {
  const [row] = await it.ledger.everywhere.query(
    'select 6910012345678907919::bigint as id, to_timestamp(1.5) as at',
  )
  assert.deepEqual(row, { id: '6910012345678907919', at: 1500 })
})
