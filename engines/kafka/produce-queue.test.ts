import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Message, produceQueue } from './produce-queue.ts'

const message = (text: string, size = 0): Message => ({
  topic: 't',
  key: Buffer.from('k'),
  value: Buffer.from(text.padEnd(size, '.')),
})
const texts = (messages: Message[]) => messages.map((each) => each.value.toString().replaceAll('.', ''))

/** Collects requests and answers each when told to. */
function receiver() {
  const requests: { texts: string[]; answer: PromiseWithResolvers<void> }[] = []
  const send = (messages: Message[]) => {
    const answer = Promise.withResolvers<void>()
    requests.push({ texts: texts(messages), answer })
    return answer.promise
  }
  return { requests, send }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('one request at a time; what waits goes together in the next', async () => {
  const { requests, send } = receiver()
  const produce = produceQueue(send)
  const calls = ['a', 'b', 'c'].map((text) => produce([message(text)]))
  assert.deepEqual(
    requests.map((each) => each.texts),
    [['a']],
  )
  requests[0]!.answer.resolve()
  await calls[0]
  await turn()
  assert.deepEqual(requests[1]!.texts, ['b', 'c'])
  requests[1]!.answer.resolve()
  await Promise.all(calls)
  assert.equal(requests.length, 2)
})

test('a long call is cut into requests, and resolves after its last', async () => {
  const { requests, send } = receiver()
  const produce = produceQueue(send, { requestBytes: 250 })
  let isDone = false
  const call = produce([message('a', 100), message('b', 100), message('c', 100)]).then(() => {
    isDone = true
  })
  for (const expected of ['a', 'b', 'c']) {
    await turn()
    assert.equal(isDone, false)
    assert.deepEqual(requests.at(-1)!.texts, [expected])
    requests.at(-1)!.answer.resolve()
  }
  await call
})

test('a call that failed half-way sends no more, and the next call goes on', async () => {
  const { requests, send } = receiver()
  const produce = produceQueue(send, { requestBytes: 250 })
  const failing = produce([message('a', 100), message('b', 100)])
  const next = produce([message('z', 100)])
  requests[0]!.answer.reject(new Error('away'))
  await assert.rejects(failing, /away/)
  await turn()
  assert.deepEqual(
    requests.map((each) => each.texts),
    [['a'], ['z']],
  )
  requests[1]!.answer.resolve()
  await next
})

test('refuses what does not fit into the queue', async () => {
  const { requests, send } = receiver()
  const produce = produceQueue(send, { waitingMessages: 2 })
  const first = produce([message('a'), message('b')])
  await assert.rejects(produce([message('c')]), { kind: 'unavailable', code: 'kafka/full' })
  requests[0]!.answer.resolve()
  await first
})
