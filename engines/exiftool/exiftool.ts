import { execFile } from 'node:child_process'
import { availableParallelism, setPriority } from 'node:os'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import type { ExifTool } from 'exiftool-vendored'
import { fault } from '#kernel/fault.ts'
import { lanes } from '#kernel/lanes.ts'
import { inherited } from '#kernel/settings.ts'
import { mediainfoReader } from './mediainfo.ts'

/** Tags of one file as their reader names them: `QuickTime:CreateDate`, or `Video:Rotation` from MediaInfo. */
export interface TagsOf {
  reader: 'exiftool' | 'mediainfo'
  version: string
  tags: Record<string, unknown>
}

export interface TagReader {
  /** Which reader answers here, and its version. Starts it. */
  inspect(): Promise<{ reader: TagsOf['reader']; version: string }>
  /**
   * All tags of a file; numbers as numbers. A file that is no medium has tags, too (its size, its type).
   * @throws unavailable `exiftool/timeout`, `exiftool/cancelled`; invalid `exiftool/failed` with the reader's words.
   */
  read(path: string, options?: { signal?: AbortSignal }): Promise<TagsOf>
  close(): Promise<void>
}

interface Options {
  /** Which reader to use; without it exiftool where there is perl, otherwise MediaInfo. */
  reader?: TagsOf['reader']
  timeoutMs?: number
  /** Processes of the pool. */
  processes?: number
}

const TIMEOUT_MS = 20_000
const NICE = 10
/** Groups before the names, plain values, no search for trailers at the end of large files, small doubts passed over. */
const READ_ARGS = ['-json', '-G1', '-n', '-fast', '-m', '-api', 'largefilesupport=1']
/** A command costs about as much as a small file, so those who wait share one. */
const TOGETHER = 8

/** A pool of exiftool processes that stay (perl takes longer to start than to read a file); started with the first use. */
export function exiftoolReader(options: Options = {}): TagReader {
  let opened: Promise<TagReader> | undefined
  const open = () => {
    opened ??= pick(options)
    return opened
  }
  return {
    inspect: async () => (await open()).inspect(),
    read: async (path, ask) => (await open()).read(checked(path), ask),
    close: async () => (await opened?.catch(() => undefined))?.close(),
  }
}

async function pick({
  reader,
  timeoutMs = TIMEOUT_MS,
  processes = availableParallelism(),
}: Options): Promise<TagReader> {
  const wanted = reader ?? ((await hasPerl()) ? 'exiftool' : 'mediainfo')
  return wanted === 'exiftool' ? pool(timeoutMs, processes) : mediainfoReader(timeoutMs)
}

const hasPerl = () =>
  promisify(execFile)('perl', ['-e', '1'], { env: inherited('PATH'), timeout: 10_000 }).then(
    () => true,
    () => false,
  )

/** Commands are lines: a name with a line end in it would be more than a name. */
function checked(path: string): string {
  if (/[\r\n\0]/.test(path))
    throw fault('invalid', 'exiftool/name', 'A file name with a line end in it cannot be read')
  return path
}

async function pool(timeoutMs: number, processes: number): Promise<TagReader> {
  const { ExifTool, ExifToolTask } = await import('exiftool-vendored')
  const exiftool: ExifTool = new ExifTool({
    maxProcs: processes,
    // Whoever asks for much wants all of the pool now, not a second and a half later.
    minDelayBetweenSpawnMillis: 0,
    taskTimeoutMillis: timeoutMs,
    taskRetries: 0,
    exiftoolEnv: inherited('PATH', 'HOME', 'LANG', 'TMPDIR'),
  })
  exiftool.on('childStart', ({ pid }) => {
    if (pid === undefined) return
    try {
      setPriority(pid, NICE)
    } catch {
      // It has ended already; the next one will be modest.
    }
  })
  let version: Promise<string> | undefined
  const versionOf = () => (version ??= exiftool.version())

  /** The library's own task takes one file; this one takes several. */
  class Read extends ExifToolTask<Tags[]> {
    protected override parse(text: string, error?: Error): Tags[] {
      if (error && !text.trim()) throw error
      return JSON.parse(text) as Tags[]
    }
  }
  const together = (paths: readonly string[]) =>
    exiftool.enqueueTask<Tags[]>(() => new Read([...READ_ARGS, ...paths]), false)
  const read = lanes<string, Tags>({
    atOnce: processes,
    most: TOGETHER,
    async run(paths) {
      const found = paths.length > 1 ? await together(paths).catch(() => []) : []
      const answers = new Map(found.map((tags) => [tags['SourceFile'], tags]))
      const settled: PromiseSettledResult<Tags>[] = []
      for (const path of paths) {
        const known = answers.get(path)
        // Whoever is not answered in company is asked for again alone, with all of the time and its own words.
        const [one] = await Promise.allSettled([known ?? together([path]).then(([only]) => only ?? {})])
        settled.push(one!)
      }
      return settled
    },
  })
  return {
    inspect: async () => ({ reader: 'exiftool', version: await versionOf() }),
    async read(path, { signal } = {}) {
      const known = await versionOf()
      const reading = read(resolve(path)).catch((cause: Error) => {
        throw translated(cause, timeoutMs)
      })
      const { SourceFile, ...tags } = await unless(reading, signal)
      return { reader: 'exiftool', version: known, tags }
    },
    close: () => exiftool.end(),
  }
}

type Tags = Record<string, unknown>

/** Stops waiting when the signal fires; the pool itself ends what takes too long. */
async function unless<T>(reading: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return reading
  let onAbort: (() => void) | undefined
  const stopped = new Promise<never>((_, reject) => {
    onAbort = () => reject(fault('unavailable', 'exiftool/cancelled', 'Reading was stopped'))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
  })
  reading.catch(() => {})
  return Promise.race([reading, stopped]).finally(() => signal.removeEventListener('abort', onAbort!))
}

const translated = (cause: Error, timeoutMs: number) =>
  /timeout|timed out/i.test(cause.message)
    ? fault('unavailable', 'exiftool/timeout', `exiftool did not answer within ${timeoutMs / 1000} s`, {
        cause,
      })
    : fault('invalid', 'exiftool/failed', `exiftool: ${cause.message.split('\n')[0]}`, { cause })
