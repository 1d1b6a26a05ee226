import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'
import { capability } from '#kernel/capability.ts'
import { days } from '#kernel/clock.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { isWithin, rootsOf } from '#kernel/paths.ts'
import { choice, integer, text } from '#kernel/settings.ts'
import { conveyor } from './conveyor.ts'
import { desk as deskOf } from './desk.ts'
import { type EncoderChoice, probedEncoder, SOFTWARE } from './encoder.ts'
import { fingerprints } from './fingerprint.ts'
import { sweep } from './leftovers.ts'
import type { Maker } from './make.ts'
import { ffmpegMedia } from './media.ffmpeg.ts'
import { overviewOf } from './overview.ts'
import { salientSubject } from './picture/subject.ts'
import { DEFAULT_PRESET, presetNamed } from './presets.ts'
import { routes } from './routes.ts'
import { postgresStore } from './store.postgres.ts'
import { uploads } from './uploads.ts'

const LANES_MAX = 8
/** Longer than any encode takes. */
const WORK_KEEP_DAYS = 7

export default capability({
  name: 'clips',
  at: import.meta.url,
  settings: {
    roots: text({
      says: `Absolute folders whose files jobs may use, separated by "${delimiter}". The command line here may use any.`,
    }),
    atOnce: integer({
      default: 0,
      min: 0,
      max: 64,
      says: 'Clips made at once by one process; 0: one per core.',
    }),
    encoder: choice(['software', 'auto'], {
      says: 'software: x264, the promised quality. auto: hardware where it proves itself, x264 otherwise.',
    }),
    waitingMax: integer({
      default: 10_000,
      min: 1,
      max: 1_000_000,
      says: 'Clips that may wait in a workspace.',
    }),
    uploadsGb: integer({ default: 20, min: 1, max: 10_000, says: 'All uploads of a workspace together.' }),
    keepDays: integer({
      default: 30,
      min: 1,
      max: 3_650,
      says: 'Ended jobs, and results in our own folder, are kept this long.',
    }),
  },
  ports: { store: { postgres: postgresStore }, media: { ffmpeg: ffmpegMedia } },
  cli: () => import('./cli.ts'),
  async open({ store, media, live, clock, log, folder, settings }) {
    const roots = rootsOf(settings.roots)
    const uploaded = uploads(join(folder, 'uploads'), settings.uploadsGb * 1e9)
    const rootsFor = (workspace: WorkspaceId) => [...roots, uploaded.folderOf(workspace)]
    let probing: Promise<EncoderChoice> | undefined
    const encoder = (signal: AbortSignal) => {
      if (settings.encoder === 'software') return Promise.resolve(SOFTWARE)
      probing ??= probedEncoder(media, signal, presetNamed(DEFAULT_PRESET))
      // Stopped half-way it has proved nothing.
      probing.catch(() => (probing = undefined))
      return probing
    }
    const maker: Maker = { media, subject: salientSubject, folder, printOf: fingerprints(), encoder }
    const desk = deskOf({ store, media, clock, folder, rootsFor, waitingMax: settings.waitingMax })
    const lanes = settings.atOnce || Math.min(LANES_MAX, availableParallelism())
    return {
      routes: routes({ store, desk, clock, rootsFor, uploads: uploaded }),
      workers: [conveyor({ store, maker, live, clock, log }, { lanes })],
      jobs: [
        {
          queue: 'clips/prune',
          cron: '41 4 * * *',
          async handle() {
            const beforeMs = clock.now() - days(settings.keepDays)
            await sweep(join(folder, 'work'), clock.now() - days(WORK_KEEP_DAYS))
            await sweep(join(folder, 'analysis'), beforeMs)
            const gone = await store.forget(beforeMs)
            for (const one of gone)
              if (one && isWithin(join(folder, 'outputs'), one))
                await rm(one, { recursive: true, force: true })
          },
        },
      ],
      overview: async (workspaceId) => overviewOf(await store.summary(workspaceId, clock.now())),
    }
  },
})
