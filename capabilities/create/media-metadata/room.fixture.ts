// The whole room on a ledger of its own with real programs; jobs run at once, in this process.
import type { Principal } from '#kernel/auth.ts'
import { systemClock } from '#kernel/clock.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Job, JobKind, Jobs } from '#kernel/jobs.ts'
import type { LivePatch } from '#kernel/live.ts'
import { rootLog } from '#kernel/telemetry.ts'
import type { TestLedger } from '#testing/ledger.ts'
import room from './index.ts'
import { postgresLibrary } from './library.postgres.ts'
import { ffmpegProber } from './prober.ffmpeg.ts'
import { exiftool, ffmpeg, presetSettings } from './samples.fixture.ts'
import { postgresStore } from './store.postgres.ts'
import { exiftoolTags } from './tags.exiftool.ts'
import { postgresUploads } from './uploads.postgres.ts'

export const ours = 'ws_test' as WorkspaceId
export const operator: Principal = {
  kind: 'user',
  actor: 'user:1',
  userId: '1',
  workspaceId: ours,
  role: 'operator',
  scopes: ['*'],
}

export async function openRoom(
  it: Pick<TestLedger, 'ledger'>,
  folder: string,
  settings: Record<string, unknown> = {},
) {
  const told: LivePatch[] = []
  const running = new Set<Promise<void>>()
  const stop = new AbortController()
  const kinds = new Map<string, JobKind<object>>()
  const failures: unknown[] = []
  const jobs = {
    async send(queue: string, input: object) {
      const job: Job<object> = { id: 'job', input, attempt: 1, signal: stop.signal, progress: () => {} }
      const run = kinds
        .get(queue)!
        .handle(job)
        .catch((error) => void failures.push(error))
        .finally(() => running.delete(run))
      running.add(run)
      return 'job'
    },
  } as unknown as Jobs
  const defaults = Object.fromEntries(
    Object.entries(room.settings).map(([name, { default: value }]) => [name, value]),
  )
  const opened = await room.open({
    name: 'media-metadata',
    log: rootLog({ level: 'silent' }),
    clock: systemClock,
    jobs,
    // One process: everybody who asks holds the lease.
    leases: {
      acquire: async (name: string) => ({ name, fence: 1, renew: async () => true, release: async () => {} }),
    },
    live: {
      publish: (_workspace: string, patch: LivePatch) => void told.push(patch),
      subscribe: () => () => {},
    },
    folder,
    settings: { ...defaults, ...presetSettings, ...settings },
    store: postgresStore(it.ledger),
    library: postgresLibrary(it.ledger),
    uploadList: postgresUploads(it.ledger),
    prober: ffmpegProber(ffmpeg),
    tags: exiftoolTags(exiftool),
  })
  for (const kind of opened.jobs ?? []) kinds.set(kind.queue, kind)
  return {
    opened,
    told,
    failures,
    kinds,
    stop: () => stop.abort(),
    /** Until no job runs. */
    async idle() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
