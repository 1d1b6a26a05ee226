import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import type { Auth, Principal } from './auth.ts'
import { fault } from './fault.ts'
import { type App, guard, httpApp, mount } from './http.ts'
import type { WorkspaceId } from './id.ts'
import { rootLog } from './telemetry.ts'

const people: Record<string, Principal> = {
  viewer: {
    kind: 'user',
    actor: 'user:1',
    userId: '1',
    workspaceId: 'ws' as WorkspaceId,
    role: 'viewer',
    scopes: ['*'],
  },
  reader: {
    kind: 'key',
    actor: 'key:1',
    userId: null,
    workspaceId: 'ws' as WorkspaceId,
    role: 'owner',
    scopes: ['shop:read'],
  },
}
const auth: Auth = { authenticate: async (headers) => people[String(headers['x-api-key'])] ?? null }

async function app(): Promise<App> {
  const made = await httpApp({ log: rootLog({ level: 'silent' }), version: '1' })
  guard(made, auth)
  const routes = (scope: App) => {
    scope.get(
      '/items',
      { schema: { querystring: Type.Object({ limit: Type.Integer({ default: 5, maximum: 10 }) }) } },
      async ({ query }) => query,
    )
    scope.post(
      '/items',
      { schema: { body: Type.Object({ quantity: Type.Integer({ minimum: 1 }) }) } },
      async ({ body }) => body,
    )
    scope.get('/sold-out', async () => {
      throw fault('limited', 'shop/slow', 'Too fast', { retryAfterMs: 1500, cure: 'Wait.' })
    })
    scope.get('/bug', async () => {
      throw new Error('secret detail')
    })
    scope.get('/open', { config: { access: 'public' } }, async () => ({ ok: true }))
  }
  await mount(made, 'shop', routes)
  await mount(made, 'bank', routes)
  return made
}

const as = (who: string) => ({ 'x-api-key': who })

test('nobody gets in unasked; a viewer reads, and does not write', async () => {
  const it = await app()
  assert.equal((await it.inject('/api/shop/items')).statusCode, 401)
  assert.equal((await it.inject('/api/shop/open')).statusCode, 200)
  assert.deepEqual((await it.inject({ url: '/api/shop/items', headers: as('viewer') })).json(), { limit: 5 })
  const refused = await it.inject({
    method: 'POST',
    url: '/api/shop/items',
    headers: as('viewer'),
    payload: { quantity: 1 },
  })
  assert.equal(refused.statusCode, 403)
  assert.equal(refused.json().code, 'auth/not-allowed')
})

test("an API key's scope opens one room, for reading only", async () => {
  const it = await app()
  assert.equal((await it.inject({ url: '/api/shop/items', headers: as('reader') })).statusCode, 200)
  assert.equal((await it.inject({ url: '/api/bank/items', headers: as('reader') })).statusCode, 403)
  const write = await it.inject({
    method: 'POST',
    url: '/api/shop/items',
    headers: as('reader'),
    payload: { quantity: 1 },
  })
  assert.equal(write.statusCode, 403)
})

test('every error is a problem document that names the field and hides what is private', async () => {
  const it = await app()
  people['owner'] = { ...people['viewer']!, role: 'owner' }
  const invalid = await it.inject({
    method: 'POST',
    url: '/api/shop/items',
    headers: as('owner'),
    payload: { quantity: 0 },
  })
  assert.equal(invalid.statusCode, 400)
  assert.match(String(invalid.headers['content-type']), /^application\/problem\+json/)
  assert.equal(invalid.json().field, 'body.quantity')
  const empty = await it.inject({ method: 'POST', url: '/api/shop/items', headers: as('owner'), payload: {} })
  assert.equal(empty.json().field, 'body.quantity')
  const broken = await it.inject({
    method: 'POST',
    url: '/api/shop/items',
    headers: { ...as('owner'), 'content-type': 'application/json' },
    payload: '{',
  })
  assert.equal(broken.statusCode, 400)
  const slow = await it.inject({ url: '/api/shop/sold-out', headers: as('owner') })
  assert.equal(slow.statusCode, 429)
  assert.equal(slow.headers['retry-after'], '2')
  assert.equal(slow.json().cure, 'Wait.')
  const bug = await it.inject({ url: '/api/shop/bug', headers: as('owner') })
  assert.equal(bug.statusCode, 500)
  assert.doesNotMatch(bug.body, /secret detail/)
})

test('the API describes itself', async () => {
  const it = await app()
  const document = (await it.inject('/openapi.json')).json()
  assert.equal(document.openapi, '3.1.0')
  assert.deepEqual(document.paths['/api/shop/items'].post.tags, ['shop'])
  assert.ok(document.paths['/api/shop/items'].post.responses['4XX'])
})
