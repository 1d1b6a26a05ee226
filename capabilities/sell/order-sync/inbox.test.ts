import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { postgresAudit } from '#engines/postgres/audit.ts'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import { systemClock } from '#kernel/clock.ts'
import type { FactLog } from '#kernel/fact-log.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Tx } from '#kernel/ledger.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { newVaultKey, vault } from '#kernel/vault.ts'
import { migrationsOf, testLedger } from '#testing/ledger.ts'
import { postgresConflicts } from './conflicts.postgres.ts'
import { postgresInbox } from './inbox.postgres.ts'
import { postgresOrders } from './orders.postgres.ts'
import { readPush } from './push.ts'
import { postgresRepeats } from './repeats.postgres.ts'

const KEPT = 20_000
const BATCH = 100
const WORKSPACE = 'ws_test' as WorkspaceId
const SHOP = '7000000010'

const it = await testLedger([migrationsOf('order-sync', 'sell')])
after(it.close)

/** The ledger, telling how many messages the last transaction has read, by whatever plan. */
let read = 0
const lastRead = () => read
const readSoFar = async (tx: Tx): Promise<number> => {
  const [row] = await tx.query<{ n: number }>(
    `select (seq_tup_read + idx_tup_fetch)::int as n from pg_stat_xact_all_tables
      where relid = 'order_sync.message'::regclass`,
  )
  return row!.n
}
const countedIn = async <T>(tx: Tx, work: (tx: Tx) => Promise<T>): Promise<T> => {
  const before = await readSoFar(tx)
  const answer = await work(tx)
  read = (await readSoFar(tx)) - before
  return answer
}
const ledger: Ledger = {
  ...it.ledger,
  across: (work) => it.ledger.across((tx) => countedIn(tx, work)),
  within: (workspace, work) => it.ledger.within(workspace, (tx) => countedIn(tx, work)),
}

const log = rootLog({ level: 'silent' })
const context = {
  ...{ vault: vault(newVaultKey('t1')), clock: systemClock, log, audit: postgresAudit },
  factLog: { appendIn: putInOutbox } as FactLog,
  live: { publish: () => {}, subscribe: () => () => {} },
}
const inbox = postgresInbox(ledger, {
  ...context,
  orders: postgresOrders(ledger, context),
  repeats: postgresRepeats(),
  conflicts: postgresConflicts(it.ledger, context),
})

const post = (orderId: string) => {
  const data = JSON.stringify({ p_id: orderId, shop_id: SHOP, pay_time: 1_772_359_200, pay_amount: 1_000 })
  const body = JSON.stringify([{ tag: '101', msg_id: `${orderId}::101`, data }])
  const messages = readPush(body)!
  return { workspaceId: WORKSPACE, shopId: SHOP, body: Buffer.from(body), remote: '', messages }
}

test('however many messages were kept, the worker and the page read those that they are about', {
  timeout: 60_000,
}, async () => {
  await it.ledger.everywhere.query(
    `insert into order_sync.message (workspace_id, shop_id, nth, msg_id, version, tag, body, state)
     select $1, $2, 0, 'old-' || n, '', '101', '[]', 'done' from generate_series(1, $3::int) as n`,
    [WORKSPACE, SHOP, KEPT],
  )
  const orderId = (nth: number) => `6921052297377${String(nth).padStart(6, '0')}`
  await Promise.all(Array.from({ length: BATCH }, (_, nth) => inbox.accept(post(orderId(nth)))))

  assert.equal(await inbox.work(BATCH), BATCH)
  assert.ok(lastRead() <= 3 * BATCH, `the worker read ${lastRead()} messages for ${BATCH}`)

  // What was kept for weeks was counted long ago; the worker above did without.
  const owner = new pg.Client(it.connection)
  await owner.connect()
  await owner.query('analyze order_sync.message').finally(() => owner.end())
  const page = await inbox.list(WORKSPACE, { limit: 50 })
  assert.equal(page[0]!.orderId, orderId(BATCH - 1))
  assert.equal(page.length, 50)
  assert.equal(lastRead(), 50)

  const found = await inbox.find(WORKSPACE, page[7]!.id)
  assert.equal(found!.orderId, page[7]!.orderId)
  assert.equal(lastRead(), 1)

  const counts = await inbox.counts(WORKSPACE, Date.now() + 1_000)
  assert.deepEqual(counts, { received: 0, parked: 0, waiting: 0 })
})
