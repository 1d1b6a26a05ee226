import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemClock } from '#kernel/clock.ts'
import { factLogContract } from '#kernel/fact-log.contract.ts'
import { factStreamContract } from '#kernel/fact-stream.contract.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { type TestLedger, testLedger } from '#testing/ledger.ts'
import { factLog } from './fact-log.ts'
import { postgresFactStream } from './fact-stream.ts'
import { postgresLeases } from './lease.ts'

let it: TestLedger
before(async () => {
  it = await testLedger()
})
after(() => it.close())

factStreamContract('postgres', async () => {
  const own = await testLedger()
  const stream = await postgresFactStream(own.ledger, { partitions: 4 })
  return {
    stream,
    async close() {
      await stream.close()
      await own.close()
    },
  }
})

factLogContract('postgres', async () => {
  const own = await testLedger()
  const stream = await postgresFactStream(own.ledger, { partitions: 4 })
  const facts = factLog({
    ledger: own.ledger,
    stream,
    leases: postgresLeases(own.ledger),
    clock: systemClock,
    log: rootLog({ level: 'silent' }),
  })
  return { ledger: own.ledger, facts, close: own.close }
})

test('a lease has one holder; the next one has a higher fence and the former cannot renew', async () => {
  const leases = postgresLeases(it.ledger)
  const first = await leases.acquire('one', 60)
  assert.ok(first)
  assert.equal(await leases.acquire('one', 60), null)
  assert.equal(await first.renew(60), true)
  await systemClock.sleep(120)
  const second = await leases.acquire('one', 10_000)
  assert.ok(second && second.fence > first.fence)
  assert.equal(await first.renew(60), false)
  await first.release()
  assert.equal(await leases.acquire('one', 60), null, 'a late release does not free what somebody else holds')
})
