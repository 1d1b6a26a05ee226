import { mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { capability } from '#kernel/capability.ts'
import { rootsOf } from '#kernel/paths.ts'
import { flag, integer, text } from '#kernel/settings.ts'
import { batches as batchesOf } from './batches.ts'
import { postgresLibrary } from './library.postgres.ts'
import { overviewOf } from './overview.ts'
import { posters as postersOf } from './posters.ts'
import { presets as presetsOf } from './presets.ts'
import { ffmpegProber } from './prober.ffmpeg.ts'
import { routes } from './routes.ts'
import { postgresStore } from './store.postgres.ts'
import { exiftoolTags } from './tags.exiftool.ts'
import { uploadFolder } from './upload-folder.ts'
import { postgresUploads } from './uploads.postgres.ts'

const PLATFORM = "the platform's own limit, as its upload page was restated in 2020"
const OURS = 'our preset; the platform publishes no such rule'
const list = (value: string, what: string) =>
  text({ default: value, says: `${what}, comma separated: ${OURS}.` })

export default capability({
  name: 'media-metadata',
  at: import.meta.url,
  settings: {
    roots: text({
      says: `Absolute folders that the API may read, separated by "${delimiter}". Empty: none.`,
    }),
    fileSeconds: integer({ default: 120, min: 5, max: 3_600, says: 'The longest that one file may take.' }),
    probeSeconds: integer({ default: 20, min: 1, max: 600, says: 'The longest that one program may take.' }),
    maxFileGb: integer({ default: 64, min: 1, max: 4_096, says: 'Larger files are not opened.' }),
    maxFiles: integer({ default: 200_000, min: 1, max: 5_000_000, says: 'Files that one batch takes.' }),
    batchesAtOnce: integer({ default: 2, min: 1, max: 16, says: 'Batches at once in one process.' }),
    downloadMb: integer({ default: 1_024, min: 1, max: 102_400, says: 'The largest file behind a link.' }),
    downloadSeconds: integer({ default: 90, min: 1, max: 3_600, says: 'The longest download.' }),
    allowPrivateAddresses: flag({
      says: 'Let links reach this machine and private networks. Whoever may start a batch can then ask them.',
    }),
    uploadMb: integer({ default: 4_096, min: 1, max: 102_400, says: 'The largest upload.' }),
    uploadsGb: integer({ default: 20, min: 1, max: 10_000, says: 'All uploads of a workspace together.' }),
    keepUploadsDays: integer({ default: 7, min: 1, max: 3_650, says: 'Uploads are kept this long.' }),
    keepDays: integer({ default: 90, min: 1, max: 3_650, says: 'Batches are listed this long; files stay.' }),
    maxDurationSeconds: integer({ default: 900, min: 1, max: 86_400, says: `Longest video: ${PLATFORM}.` }),
    maxSizeMb: integer({ default: 4_096, min: 1, max: 1_000_000, says: `Largest video: ${PLATFORM}.` }),
    minShortSidePx: integer({ default: 720, min: 1, max: 8_640, says: `Shortest side: ${OURS}.` }),
    minFps: integer({ default: 24, min: 1, max: 240, says: `Lowest frame rate: ${OURS}.` }),
    maxFps: integer({ default: 60, min: 1, max: 240, says: `Highest frame rate: ${OURS}.` }),
    ratios: list('9:16,16:9,3:4,4:3,1:1', 'Ratios'),
    videoCodecs: list('h264,hevc', 'Video codecs'),
    audioCodecs: list('aac,mp3', 'Audio codecs'),
    containers: list('mp4,mov', 'Containers'),
    imageFormats: list('jpeg,png,webp', 'Picture formats'),
    minVideoBitrateKbps: integer({ default: 500, min: 0, max: 1_000_000, says: `Lowest bit rate: ${OURS}.` }),
  },
  ports: {
    store: { postgres: postgresStore },
    library: { postgres: postgresLibrary },
    uploadList: { postgres: postgresUploads },
    prober: { ffmpeg: ffmpegProber },
    tags: { exiftool: exiftoolTags },
  },
  cli: () => import('./cli.ts'),
  open({ store, library, uploadList, prober, tags, jobs, leases, live, clock, folder, settings }) {
    const linkFolder = join(folder, 'links')
    const posterFolder = join(folder, 'posters')
    mkdirSync(linkFolder, { recursive: true })
    const roots = rootsOf(settings.roots)
    const uploads = uploadFolder({
      uploads: uploadList,
      folder: join(folder, 'uploads'),
      maxBytes: settings.uploadMb * 1_000_000,
      quotaBytes: settings.uploadsGb * 1_000_000_000,
      clock,
    })
    const presets = presetsOf(store, settings, clock)
    const posters = postersOf({
      library,
      prober,
      folder: posterFolder,
      uploadPath: async (workspaceId, uploadId) => (await uploads.find(workspaceId, uploadId))?.path ?? null,
    })
    const batches = batchesOf({
      store,
      library,
      jobs,
      leases,
      live,
      clock,
      uploads,
      roots,
      presetOf: presets.of,
      maxFiles: settings.maxFiles,
      keepDays: settings.keepDays,
      keepUploadsDays: settings.keepUploadsDays,
      batchesAtOnce: settings.batchesAtOnce,
      sweeps: [
        { folder: posterFolder, keepDays: settings.keepDays },
        { folder: linkFolder, keepDays: 1 },
      ],
      look: {
        store,
        tools: {
          prober,
          tags,
          timeoutMs: settings.probeSeconds * 1_000,
          maxBytes: settings.maxFileGb * 1_000_000_000,
        },
        limits: {
          maxBytes: settings.downloadMb * 1_000_000,
          timeoutMs: settings.downloadSeconds * 1_000,
          allowsPrivate: settings.allowPrivateAddresses,
        },
        fileMs: settings.fileSeconds * 1_000,
        temporary: linkFolder,
        uploadsOf: ({ workspaceId }) => ({ find: (uploadId) => uploads.find(workspaceId, uploadId) }),
        presetOf: ({ workspaceId }) => presets.of(workspaceId),
        keepPoster: (path, hash, { record }) => posters.keep(path, hash, record?.durationSeconds ?? null),
      },
    })
    return {
      routes: routes({ store, library, batches, posters, uploads, presets, roots, clock }),
      jobs: batches.jobs,
      overview: async (workspaceId) => overviewOf(await library.summary(workspaceId, clock.now())),
    }
  },
})
