import { Type } from 'typebox'
import type { Gate } from '#engines/better-auth/auth.ts'
import { fault } from '#kernel/fault.ts'
import type { App } from '#kernel/http.ts'
import type { WorkspaceId } from '#kernel/id.ts'

interface Parts {
  gate: Gate
  /** Names, for the scopes of API keys. */
  rooms: readonly string[]
  sandbox: boolean
  version: string
}

/** `/api/me`: who is signed in, where, and the first password. `/api/auth/*` itself is better-auth's. */
export function peopleRoutes(app: App, { gate, rooms, sandbox, version }: Parts): void {
  app.get('/api/me', { schema: { tags: ['platform'], summary: 'Who am I' } }, async ({ principal }) => {
    const { userId, workspaceId, role } = principal
    const workspaces = userId ? await gate.workspacesOf(userId) : []
    const user = userId ? await gate.user(userId) : null
    const workspace = workspaces.find((one) => one.id === workspaceId) ?? {
      id: workspaceId,
      name: workspaceId,
    }
    return {
      user: user && { id: user.id, name: user.name, email: user.email },
      workspace: { id: workspace.id, name: workspace.name },
      workspaces,
      role,
      sandbox,
      version,
      needsPassword: user?.needsPassword ?? false,
    }
  })

  app.post(
    '/api/me/workspace',
    {
      config: { access: 'viewer' },
      schema: { tags: ['platform'], body: Type.Object({ workspaceId: Type.String() }) },
    },
    async ({ headers, body }) => {
      await gate.enterWorkspace(headers, body.workspaceId as WorkspaceId)
      return { ok: true }
    },
  )

  app.post(
    '/api/me/password',
    {
      config: { access: 'viewer' },
      schema: {
        tags: ['platform'],
        body: Type.Object({
          email: Type.Optional(Type.String({ pattern: '^[^@\\s]+@[^@\\s]+$', maxLength: 200 })),
          password: Type.String({ minLength: 10, maxLength: 128 }),
        }),
      },
    },
    async ({ headers, body, principal }) => {
      if (!principal.userId) throw fault('denied', 'auth/not-a-person', 'An API key has no password')
      await gate.setPassword(headers, principal.userId, body.email, body.password)
      return { ok: true }
    },
  )

  const keys = { config: { access: 'owner' as const } }
  app.get('/api/system/api-keys', { ...keys, schema: { tags: ['system'] } }, async ({ principal }) => ({
    items: await gate.keys.list(principal.workspaceId),
    scopes: ['*', ...rooms.flatMap((room) => [`${room}:read`, `${room}:write`])],
  }))
  app.post(
    '/api/system/api-keys',
    {
      ...keys,
      schema: {
        tags: ['system'],
        summary: 'A new API key; it is shown this once',
        body: Type.Object({
          name: Type.String({ minLength: 1, maxLength: 32 }),
          scopes: Type.Array(Type.String({ pattern: '^(\\*|[a-z-]+:(read|write))$' }), {
            minItems: 1,
            maxItems: 64,
          }),
          expiresDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 365 })),
        }),
      },
    },
    async ({ principal, body }) => gate.keys.create(principal, body),
  )
  app.delete(
    '/api/system/api-keys/:id',
    { ...keys, schema: { tags: ['system'], params: Type.Object({ id: Type.String() }) } },
    async ({ principal, params }) => {
      await gate.keys.remove(principal.workspaceId, params.id)
      return { ok: true }
    },
  )

  // better-auth speaks web requests; this is the bridge.
  app.route({
    method: ['GET', 'POST'],
    url: '/api/auth/*',
    config: { access: 'public' },
    schema: { hide: true },
    handler: async (request, reply) => {
      const headers = new Headers()
      for (const [name, value] of Object.entries(request.headers))
        if (value) headers.append(name, String(value))
      const url = new URL(request.url, `${request.protocol}://${request.headers.host ?? 'localhost'}`)
      const body = request.method === 'POST' ? JSON.stringify(request.body ?? {}) : null
      const answer = await gate.handle(new Request(url, { method: request.method, headers, body }))
      reply.status(answer.status)
      for (const [name, value] of answer.headers) if (name !== 'set-cookie') reply.header(name, value)
      for (const cookie of answer.headers.getSetCookie()) reply.header('set-cookie', cookie)
      return reply.send(Buffer.from(await answer.arrayBuffer()))
    },
  })
}
