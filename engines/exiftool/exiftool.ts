import { execFile } from 'node:child_process'
import { availableParallelism, setPriority } from 'node:os'
import { promisify } from 'node:util'
import type { ExifTool } from 'exiftool-vendored'
import { fault } from '#kernel/fault.ts'
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
/** Groups before the names, plain values, no search for trailers at the end of large files. */
const READ_ARGS = ['-json', '-G1', '-n', '-fast', '-api', 'largefilesupport=1', '-api', 'Filter=1']

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
  if (/[\r\n]/.test(path))
    throw fault('invalid', 'exiftool/name', 'A file name with a line end in it cannot be read')
  return path
}

async function pool(timeoutMs: number, processes: number): Promise<TagReader> {
  const { ExifTool } = await import('exiftool-vendored')
  const exiftool: ExifTool = new ExifTool({
    maxProcs: processes,
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
  return {
    inspect: async () => ({ reader: 'exiftool', version: await versionOf() }),
    async read(path, { signal } = {}) {
      const known = await versionOf()
      const reading = exiftool.readRaw(path, { useMWG: false, readArgs: READ_ARGS }).catch((cause: Error) => {
        throw translated(cause, timeoutMs)
      })
      const { errors, warnings, SourceFile, ...tags } = (await unless(reading, signal)) as Record<
        string,
        unknown
      >
      return { reader: 'exiftool', version: known, tags }
    },
    close: () => exiftool.end(),
  }
}

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
