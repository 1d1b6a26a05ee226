import { availableParallelism } from 'node:os'
import { fault } from '#kernel/fault.ts'
import { lanes } from '#kernel/lanes.ts'
import type { Binary } from './binaries.ts'
import { type ChildOptions, runChild } from './child.ts'

/** What `ffprobe -show_format -show_streams -show_chapters` says, as it says it. */
export interface ProbeJson {
  format?: Record<string, unknown> & { tags?: Record<string, string> }
  streams?: (Record<string, unknown> & { tags?: Record<string, string> })[]
  chapters?: Record<string, unknown>[]
}

export interface ProbeAsk extends Pick<ChildOptions, 'timeoutMs' | 'signal'> {
  path: string
}

/** A path is a path, never an option or a protocol (`concat:`, `http:`), whatever it begins with. */
export const asFile = (path: string): string => `file:${path}`

/**
 * How ffmpeg is to be given a file. A picture called `%03d.jpg` would be a pattern to it, and nothing lets it be told
 * otherwise without knowing the format: such a picture comes as standard input.
 */
export function inputOf(path: string): { args: string[]; stdin?: string } {
  if (!isPattern(path)) return { args: ['-i', asFile(path)] }
  return { args: ['-i', 'pipe:0'], stdin: path }
}

/** Source: the names that libavformat's image2 demuxer takes for itself; films are not among them. */
const isPattern = (path: string) => /%\d*d[^/]*\.(jpe?g|png|gif|bmp|dib|tiff?|webp|jp2|tga)$/i.test(path)

export const AS_JSON = ['-v', 'error', '-of', 'json']
/** The protocols: a playlist in disguise must not make us ask the network; nothing but our file is in the pipe. */
const ALL = [
  ...AS_JSON,
  '-protocol_whitelist',
  'file,pipe',
  '-show_format',
  '-show_streams',
  '-show_chapters',
]
const STDOUT_BYTES = 4 * 1024 * 1024
const TOGETHER = 6

/** One file after the other in one shell; behind each answer a NUL, which JSON never has, the exit code and another NUL. */
const SCRIPT = `
for file do
  "$0" ${ALL.join(' ')} -i "file:$file" 2>/dev/null
  printf '\\000%d\\000' "$?"
done`

/**
 * Describes files through as many lanes as there are cores. Starting a process out of a large one costs about as much as
 * ffprobe itself, so those who wait share a start. Whoever is not answered in company is asked for again alone, with all
 * of the time and its own words: a file that is broken or hangs takes nothing from the others.
 */
export function probeLanes(ffprobe: () => Promise<Binary>): (ask: ProbeAsk) => Promise<ProbeJson> {
  return lanes({
    atOnce: availableParallelism(),
    most: TOGETHER,
    async run(asks) {
      const { path } = await ffprobe()
      const answers = asks.length > 1 ? await together(path, asks) : []
      const settled: PromiseSettledResult<ProbeJson>[] = []
      for (const [i, ask] of asks.entries()) {
        const known = answers[i]
        const [one] = known ? [fulfilled(known)] : await Promise.allSettled([alone(path, ask)])
        settled.push(one!)
      }
      return settled
    },
  })
}

const fulfilled = (value: ProbeJson): PromiseFulfilledResult<ProbeJson> => ({ status: 'fulfilled', value })

async function alone(program: string, { path, timeoutMs, signal }: ProbeAsk): Promise<ProbeJson> {
  const { args, stdin } = inputOf(path)
  const options = { timeoutMs, signal, stdin, maxStdoutBytes: STDOUT_BYTES }
  return parsed((await runChild(program, [...ALL, ...args], options)).stdout)
}

/** Answers by place; nothing where there was none. */
async function together(program: string, asks: readonly ProbeAsk[]): Promise<(ProbeJson | undefined)[]> {
  const chunks: Buffer[] = []
  let bytes = 0
  const signals = asks.map(({ signal }) => signal)
  const stop = new AbortController()
  const onAbort = () => {
    // One who leaves does not take the others along.
    if (signals.every((signal) => signal?.aborted)) stop.abort()
  }
  for (const signal of signals) signal?.addEventListener('abort', onAbort)
  onAbort()
  await runChild('/bin/sh', ['-c', SCRIPT, program, ...asks.map(({ path }) => path)], {
    timeoutMs: Math.min(...asks.map(({ timeoutMs }) => timeoutMs)),
    signal: stop.signal,
    onStdout(chunk) {
      bytes += chunk.length
      if (bytes > asks.length * STDOUT_BYTES) stop.abort()
      else chunks.push(chunk)
    },
  }).catch(() => {})
  for (const signal of signals) signal?.removeEventListener('abort', onAbort)
  const parts = Buffer.concat(chunks).toString('utf8').split('\0')
  return asks.map((_, i) => {
    const [said = '', code] = parts.slice(i * 2, i * 2 + 2)
    return code === '0' ? orNothing(said) : undefined
  })
}

function orNothing(said: string): ProbeJson | undefined {
  try {
    return JSON.parse(said) as ProbeJson
  } catch {
    return undefined
  }
}

export function parsed<T>(stdout: Buffer): T {
  try {
    return JSON.parse(stdout.toString('utf8')) as T
  } catch (cause) {
    throw fault('invalid', 'ffmpeg/unreadable', 'ffprobe answered with no JSON', { cause })
  }
}
