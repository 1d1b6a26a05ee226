import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { mayTell, webhookSender } from './webhook.ts'

const post = (url: string, privateTargets: 'never' | 'loopback' | 'any' = 'never') =>
  webhookSender().post({
    url,
    headers: { 'content-type': 'application/json' },
    body: '{"a":1}',
    timeoutMs: 2_000,
    privateTargets,
  })

test('addresses inside our own network are not told, in whatever way they are written', () => {
  const inside = [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
  ]
  const written = [
    '::1',
    '::',
    'fd00::1',
    'fe80::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::a00:1',
    'nonsense',
    '',
  ]
  for (const address of [...inside, ...written]) assert.equal(mayTell(address, 'never'), false, address)
  for (const address of ['1.1.1.1', '172.32.0.1', '2606:4700:4700::1111', '::ffff:1.1.1.1'])
    assert.equal(mayTell(address, 'never'), true, address)
  assert.equal(mayTell('127.0.0.1', 'loopback'), true)
  assert.equal(mayTell('10.0.0.1', 'loopback'), false)
  assert.equal(mayTell('10.0.0.1', 'any'), true)
})

test('a name that leads inside is refused where it is resolved; nothing is sent', async (t) => {
  let asked = 0
  const server = createServer((_request, reply) => {
    asked++
    reply.end('ok')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  for (const host of ['localhost', '127.0.0.1', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1'])
    assert.match((await post(`http://${host}:${port}/`)).reason!, /private network|No answer/)
  assert.equal(asked, 0)
  assert.deepEqual(
    { ...(await post(`http://127.0.0.1:${port}/`, 'loopback')), tookMs: 0 },
    { status: 200, tookMs: 0, reason: null, retryAfterMs: null },
  )
  assert.equal(asked, 1)
})

test('what is no 2xx has a reason; a redirect is not followed', async (t) => {
  const server = createServer((request, reply) => {
    if (request.url === '/moved') reply.writeHead(302, { location: '/' }).end()
    else if (request.url === '/busy') reply.writeHead(503, { 'retry-after': '7' }).end()
    else if (request.url === '/cut') request.socket.destroy()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const at = (path: string) =>
    post(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, 'any')
  assert.equal((await at('/moved')).reason, 'It answered 302')
  assert.equal((await at('/busy')).retryAfterMs, 7_000)
  assert.match((await at('/cut')).reason!, /^No answer \(/)
  assert.match((await at('/silent')).reason!, /within 2000 ms/)
  assert.equal((await post('ftp://x/')).reason, 'The address is no http(s) URL')
})
