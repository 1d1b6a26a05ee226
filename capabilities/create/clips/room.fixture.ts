import { Registry } from 'prom-client'
import type { Opened, RoomContext } from '#kernel/capability.ts'
import { systemClock } from '#kernel/clock.ts'
import { guard, httpApp, mount } from '#kernel/http.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger } from '#kernel/ledger.ts'
import type { LivePatch } from '#kernel/live.ts'
import { readSettings } from '#kernel/settings.ts'
import { rootLog } from '#kernel/telemetry.ts'
import room from './index.ts'
import type { Media } from './media.ts'
import { postgresStore } from './store.postgres.ts'

export const OURS = 'ws_ours' as WorkspaceId

export interface RoomOptions {
  ledger: Ledger
  media: Media
  folder: string
  settings?: Record<string, string>
  workers?: boolean
}

/** The room as one process has it, on a real ledger and the real programs, behind a real server. */
export async function openRoom({ ledger, media, folder, settings: given = {}, workers = true }: RoomOptions) {
  const log = rootLog({ level: 'silent' })
  const told: LivePatch[] = []
  const context = {
    name: 'clips',
    log,
    clock: systemClock,
    live: {
      publish: (_workspace: WorkspaceId, patch: LivePatch) => void told.push(patch),
      subscribe: () => () => {},
    },
    metrics: new Registry(),
    folder,
    publicUrl: '',
  } as unknown as RoomContext
  const store = postgresStore(ledger, context)
  const settings = readSettings({ clips: room.settings }, given).values['clips']
  const opened: Opened = await room.open({ ...context, store, media, settings, needs: {} })
  const app = await httpApp({ log, version: 'test' })
  guard(app, {
    authenticate: async (headers) => ({
      kind: 'key',
      actor: headers['x-api-key'] === 'local' ? 'key:local' : 'key:other',
      userId: null,
      workspaceId: (headers['x-workspace'] ?? OURS) as WorkspaceId,
      role: 'owner',
      scopes: ['*'],
    }),
  })
  await mount(app, 'clips', opened.routes!)
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const url = `${address}/api/clips`
  const stop = new AbortController()
  const running = workers ? (opened.workers ?? []).map((worker) => worker.run(stop.signal)) : []
  return {
    url,
    store,
    told,
    async api(method: 'GET' | 'POST', path: string, body?: unknown, headers: Record<string, string> = {}) {
      const reply = await fetch(url + path, {
        method,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      // biome-ignore lint/suspicious/noExplicitAny: a test reads what comes
      return { status: reply.status, json: (await reply.json()) as any }
    },
    async close() {
      stop.abort()
      await Promise.all(running)
      app.server.closeAllConnections()
      await app.close()
      await opened.close?.()
    },
  }
}

export type OpenRoom = Awaited<ReturnType<typeof openRoom>>
