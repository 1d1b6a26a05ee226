import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { api, list, withParams } from './client.ts'
import { isProblem, type Problem } from './problem.ts'

const server = createServer((request, response) => {
  if (request.url === '/gone')
    return void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>bad</h1>')
  if (request.url === '/empty') return void response.writeHead(204).end()
  if (request.url === '/busy')
    return void response
      .writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': '30' })
      .end(
        JSON.stringify({
          title: 'Too fast',
          status: 429,
          code: 'x/limited',
          detail: 'Wait.',
          cure: '/settings',
        }),
      )
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ items: [request.url], next: null }))
})
let base = ''
before(async () => {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => server.close())

const failure = (path: string) =>
  api.get(path).then(
    () => assert.fail('should have been refused'),
    (thrown: unknown) => thrown as Problem,
  )

test('a problem document keeps its code, words, cure and waiting time', async () => {
  const { name: _, stack: __, ...said } = await failure(`${base}/busy`)
  assert.deepEqual(
    { ...said },
    {
      status: 429,
      code: 'x/limited',
      title: 'Too fast',
      detail: 'Wait.',
      cure: '/settings',
      logId: undefined,
      retryAfterSeconds: 30,
    },
  )
})

test("a proxy's page and a dead server are problems too", async () => {
  assert.equal((await failure(`${base}/gone`)).code, 'http/502')
  const dead = await failure('http://127.0.0.1:9/x')
  assert.ok(isProblem(dead))
  assert.equal(dead.code, 'console/offline')
})

test('an empty answer is no error', async () => assert.equal(await api.post(`${base}/empty`), undefined))

test('a list asks with its cursor and stops where next is absent', async () => {
  const query = list<string>(`${base}/rows`, { room: 'a', q: '' })
  const page = await query.queryFn({ signal: new AbortController().signal, pageParam: '7' })
  assert.deepEqual(page.items, ['/rows?limit=100&room=a&cursor=7'])
  assert.equal(query.getNextPageParam(page), undefined)
  assert.equal(query.getNextPageParam({ items: [], next: '8' }), '8')
})

test('ids of 19 digits travel as text', () =>
  assert.equal(withParams('/x', { id: '6910012345678907919' }), '/x?id=6910012345678907919'))
