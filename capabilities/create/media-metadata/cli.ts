import { constants, createWriteStream, existsSync, readFileSync, statSync } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname, isAbsolute, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { Api } from '#kernel/api.ts'
import type { Verbs } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'
import type { BatchView } from './batch.ts'
import type { asLine } from './export.ts'
import { kindOf } from './files/expand.ts'

interface Options {
  json?: boolean
  out?: string
  concurrency: string
  gps?: boolean
  again?: boolean
}

interface ProbeOptions extends Omit<Options, 'concurrency'> {
  concurrency: number
}

type Line = ReturnType<typeof asLine>

const ROOM = '/api/media-metadata'
const LOOK_EVERY_MS = 300

const verbs: Verbs = (program, connect) => {
  program
    .command('probe')
    .description('describes media files: one line per file, bad ones with the reason')
    .argument('<sources...>', 'files, folders, patterns, links, or a .txt list of them')
    .option('--json', 'one JSON object per file')
    .option('--out <file>', 'write the lines there')
    .option('--concurrency <n>', 'files at once', '50')
    .option('--gps', 'keep where it was recorded')
    .option('--again', 'look at unchanged files, too')
    .action(async (given: string[], options: Options) => {
      const sources = given.flatMap(sourcesOf)
      const concurrency = concurrencyOf(options.concurrency)
      if (options.out) await writable(options.out)
      const api = await connect()
      try {
        await probe(api, sources, { ...options, concurrency })
      } finally {
        await api.close()
      }
    })
}

export default verbs

async function probe(api: Api, sources: string[], options: ProbeOptions): Promise<void> {
  const { batchId, isResumed } = await api.post<{ batchId: string; isResumed: boolean }>(`${ROOM}/batches`, {
    sources,
    gps: options.gps === true,
    again: options.again === true,
    concurrency: options.concurrency,
  })
  if (isResumed) console.error('Going on where it was.')
  let isStopped = false
  const stop = () => {
    isStopped = true
  }
  process.once('SIGINT', stop)
  const batch = await followed(api, batchId, () => isStopped)
  process.removeListener('SIGINT', stop)
  if (!batch) {
    console.error('\nStopped; what is done is kept. The same command goes on.')
    process.exitCode = 130
    return
  }
  await print(api, batch, options)
}

/** Shows progress until the end; null when the person stopped it. */
async function followed(api: Api, batchId: string, isStopped: () => boolean): Promise<BatchView | null> {
  for (;;) {
    const batch = await api.get<BatchView>(`${ROOM}/batches/${batchId}`)
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${progressLine(batch)}`)
    if (batch.endedAtMs !== null) {
      if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K')
      return batch
    }
    if (isStopped()) return null
    await wait(LOOK_EVERY_MS)
  }
}

export function progressLine({ done, total, bad, cached, ratePerSecond, etaSeconds }: BatchView): string {
  const share = total ? `${Math.floor((done / total) * 100)}%` : '?%'
  const rate = ratePerSecond === null ? '' : `, ${ratePerSecond}/s`
  const left = etaSeconds ? `, ${etaSeconds} s left` : ''
  return `${share}  ${done}/${total ?? '?'}${rate}${left}  (${bad} bad, ${cached} unchanged)`
}

async function print(api: Api, batch: BatchView, { json, out }: ProbeOptions): Promise<void> {
  const lines = async function* () {
    for await (const text of api.lines(`${ROOM}/batches/${batch.batchId}/export`))
      yield `${json ? text : plainLine(JSON.parse(text))}\n`
  }
  if (out)
    await pipeline(lines, createWriteStream(out)).catch((cause) => {
      throw notWritable(out, cause)
    })
  else
    await pipeline(lines, process.stdout, { end: false }).catch((error) => {
      // Whoever reads has seen enough (`| head`).
      if (error.code !== 'EPIPE') throw error
    })
  const { done, ready, warning, blocked, bad, cached } = batch
  console.error(
    `${done} files: ${ready} ready, ${warning} with warnings, ${blocked} blocked, ${bad} bad; ${cached} unchanged`,
  )
}

export function plainLine(line: Line): string {
  const name = line.file
  if (line.reason !== null)
    return `bad      ${line.reasonText}${line.detail ? ` (${line.detail})` : ''}  ${name}`
  const record = line as Line & {
    resolution?: string
    durationSeconds?: number
    fps?: number
    videoCodec?: string
  }
  const parts = [
    record.resolution,
    record.durationSeconds == null ? null : `${record.durationSeconds} s`,
    record.fps == null ? null : `${record.fps} fps`,
    record.videoCodec,
  ].filter(Boolean)
  const why = line.findings.map(({ en, value }) => `${en}${value === null ? '' : `: ${value}`}`).join('; ')
  return `${line.verdict.padEnd(8)} ${parts.join(', ')}${why ? `  [${why}]` : ''}  ${name}`
}

const MOST_AT_ONCE = 200

function concurrencyOf(given: string): number {
  const concurrency = Number(given)
  if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= MOST_AT_ONCE) return concurrency
  throw fault(
    'invalid',
    'media-metadata/concurrency',
    `--concurrency is a number from 1 to ${MOST_AT_ONCE}, not "${given}"`,
  )
}

/** Told before the work, not after it. The file itself is left as it is until there is something to write. */
async function writable(out: string): Promise<void> {
  const there = await stat(out).catch(() => null)
  if (there?.isDirectory()) throw notWritable(out, new Error('it is a folder'))
  await access(there ? out : dirname(resolve(out)), constants.W_OK).catch((cause) => {
    throw notWritable(out, cause)
  })
}

const notWritable = (out: string, cause: NodeJS.ErrnoException) =>
  fault('invalid', 'media-metadata/out', `${out} cannot be written (${cause.code ?? cause.message})`, {
    cause,
  })

/** What a person types, as the server understands it: absolute, lists taken apart. */
export function sourcesOf(given: string): string[] {
  if (kindOf(given) === 'url') return [given]
  if (/\.txt$/i.test(given) && existsSync(given) && statSync(given).isFile()) return listed(given)
  return [resolve(given)]
}

const LIST_BYTES = 8 * 1024 * 1024

/** One source per line, relative to the list; empty lines and those that begin with # are skipped. */
function listed(list: string): string[] {
  if (statSync(list).size > LIST_BYTES)
    throw fault('invalid', 'media-metadata/list', `${list} is too long for a list`)
  return readFileSync(list, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => (kindOf(line) === 'url' || isAbsolute(line) ? line : resolve(dirname(list), line)))
}
