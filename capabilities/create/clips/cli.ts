import { access, readFile } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Api } from '#kernel/api.ts'
import type { Verbs } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'
import type { Complaint } from './complaint.ts'
import type { CheckedJob, Submitted } from './desk.ts'
import { type ClipOptions, jobFor } from './one-clip.ts'
import { progressLine, span } from './progress-line.ts'
import type { ClipView, JobView, Slice } from './store.ts'

const ROOM = '/api/clips'
const LOOK_EVERY_MS = 500

interface Options extends ClipOptions {
  dryRun?: boolean
  json?: boolean
}

const verbs: Verbs = (program, connect) => {
  program
    .command('clip')
    .description('makes the clips of a job file, or one clip of a video; stopped and begun again it goes on')
    .argument('<input>', 'a job file (.yaml, .yml, .json) or a video')
    .option('--portrait', '720x1280, or 1080x1920 where the source has the pixels')
    .option('--landscape', '1280x720, or 1920x1080')
    .option('--policy <policy>', 'for another shape: crop, pad or blur')
    .option('--subject', 'a crop follows what there is to see, instead of the middle')
    .option('--srt <file>', 'subtitles to burn in: .srt, .vtt or .ass')
    .option('--offset <seconds>', 'subtitles later (or, negative, earlier)')
    .option('--from <time>', 'begin: seconds, or 1:23.5')
    .option('--to <time>', 'end')
    .option('--title <text>', 'a bar with words at the top')
    .option('--watermark <image>', 'a picture in the upper right corner')
    .option('--music <file>', 'music under it')
    .option('--loudness', 'set to -16 LUFS (EBU R128)')
    .option('--preset <name>', 'douyin, douyin-portrait, douyin-landscape, source, draft')
    .option('-o, --out <file>', 'the result; default: beside the source, with -clip in its name')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--json', 'one JSON object per clip')
    .action(async (input: string, options: Options) => {
      const path = resolve(input)
      const ask: Ask = /\.(ya?ml|json)$/i.test(path)
        ? { text: await textOf(path), base: dirname(path), output: folderBeside(path) }
        : { job: jobFor(await there(path), options), base: process.cwd() }
      const api = await connect()
      try {
        const isGood = options.dryRun ? await show(api, ask, options) : await make(api, ask, options)
        if (!isGood) process.exitCode = 1
      } finally {
        await api.close()
      }
    })
}

export default verbs

interface Ask {
  text?: string
  job?: object
  base: string
  output?: string
}

/** A job file that names no folder puts its results beside itself, where the person looks for them. */
const folderBeside = (path: string) => `${path.slice(0, -extname(path).length)}-clips`

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause) => {
    throw fault('missing', 'clips/no-file', `${path} cannot be read`, { cause })
  })
}

async function there(path: string): Promise<string> {
  await access(path).catch((cause) => {
    throw fault('missing', 'clips/no-file', `${path} is not there`, { cause })
  })
  return path
}

async function show(api: Api, ask: Ask, { json }: Options): Promise<boolean> {
  const { complaints, clips } = await api.post<CheckedJob>(`${ROOM}/validate`, ask)
  if (json) {
    for (const one of complaints) console.log(JSON.stringify({ complaint: one }))
    for (const { order, plan } of clips) console.log(JSON.stringify({ order, plan }))
  } else {
    tell(complaints)
    for (const { order, plan } of clips) {
      const { width, height } = plan.framing.size
      const length = plan.segments ? span(plan.durationSeconds) : `at most ${span(plan.durationSeconds)}`
      console.log(
        `${order.name}: ${plan.mode}, ${width}x${height} at ${plan.fps}, ${length}, ${plan.steps.join(' > ')}`,
      )
      console.log(`  ${order.source}\n  -> ${order.output}`)
    }
  }
  return !complaints.some(({ severity }) => severity === 'error')
}

function tell(complaints: readonly Complaint[]): void {
  for (const { severity, message, cure, line, column, path } of complaints) {
    // Of the one clip that options describe, only the word is of interest.
    const place =
      line === null ? path.replace(/^\/clips\/0\/?/, '') || 'clip' : `line ${line}, column ${column}`
    console.error(
      `${severity === 'error' ? 'ERROR' : 'note '}  ${place}: ${message}${cure ? ` (${cure})` : ''}`,
    )
  }
}

async function make(api: Api, ask: Ask, { json }: Options): Promise<boolean> {
  const { jobId, isNew, complaints } = await api.post<Submitted>(`${ROOM}/jobs`, ask)
  if (json) for (const one of complaints) console.log(JSON.stringify({ complaint: one }))
  else tell(complaints)
  if (!jobId) return false
  if (!isNew && !json) console.error('This job was begun before: it goes on.')
  const job = await followed(api, jobId)
  for await (const clip of allClips(api, jobId)) {
    if (json) console.log(JSON.stringify(clip))
    else printClip(clip)
  }
  return job.state === 'done'
}

async function followed(api: Api, jobId: string): Promise<JobView> {
  const line = progressLine(process.stderr)
  for (;;) {
    const job = await api.get<JobView>(`${ROOM}/jobs/${jobId}`)
    line.show(job)
    if (job.endedAtMs !== null || job.state === 'paused') {
      line.clear()
      return job
    }
    await wait(LOOK_EVERY_MS)
  }
}

async function* allClips(api: Api, jobId: string): AsyncGenerator<ClipView> {
  let cursor: string | undefined
  do {
    const page = await api.get<Slice<ClipView>>(`${ROOM}/jobs/${jobId}/clips`, { limit: 500, cursor })
    yield* page.items
    cursor = page.next ?? undefined
  } while (cursor)
}

function printClip({ name, state, result, failure }: ClipView): void {
  if (state === 'done' && result) {
    const { width, height, fps, bytes } = result.facts
    const took = result.steps.reduce((sum, { ms }) => sum + ms, 0) / 1000
    const how = result.isReused ? 'there already' : `${result.mode} in ${span(took)}`
    const mib = (bytes / 1024 / 1024).toFixed(1)
    console.log(
      `done    ${name}: ${width}x${height}, ${fps.toFixed(2)} fps, ${span(result.durationSeconds)}, ${mib} MiB, ${how}`,
    )
    console.log(`        ${result.path}`)
  } else {
    console.log(
      `${state.toUpperCase().padEnd(6)}  ${name}${failure ? `: ${failure.message} (${failure.code})` : ''}`,
    )
    if (failure?.cure) console.log(`        ${failure.cure}`)
  }
}
