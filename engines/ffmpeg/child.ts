import { type ChildProcess, spawn } from 'node:child_process'
import { getPriority, setPriority } from 'node:os'
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { fault } from '#kernel/fault.ts'
import { inherited } from '#kernel/settings.ts'

export interface ChildOptions {
  /** The child is killed after this long. */
  timeoutMs: number
  signal?: AbortSignal | undefined
  /** 0 as we are, otherwise the priority that it works at: 19 is the most modest. Default 10. */
  nice?: number | undefined
  /** A file that the child reads as its standard input. Default: nothing. */
  stdin?: string | undefined
  /** More standard output than this ends the child with a fault. Default 16 MiB. */
  maxStdoutBytes?: number | undefined
  /** How much of the end of standard error is kept. Default 64 KiB. */
  keepStderrBytes?: number | undefined
  /** Takes standard output as it comes, instead of keeping it. */
  onStdout?: ((chunk: Buffer) => void) | undefined
  /** Each whole line of standard error as it comes (silencedetect, loudnorm and others speak there). */
  onStderrLine?: ((line: string) => void) | undefined
  /** Each whole line that the child writes to descriptor 3. */
  onProgressLine?: ((line: string) => void) | undefined
}

export interface ChildResult {
  stdout: Buffer
  /** The end of standard error. */
  stderr: string
  wallMs: number
}

const MAX_STDOUT_BYTES = 16 * 1024 * 1024
const KEEP_STDERR_BYTES = 64 * 1024
const NICE = 10

/**
 * Holds a child to its parent. Descriptor 0 is a pipe whose other end only we have: its first line says that the priority
 * is set; when we die, by whatever signal, it ends and all of the process group is killed. Nothing here but POSIX, so it
 * works without util-linux and on macOS; on Windows there is no such shell, and nothing of this engine runs.
 */
const LEASH = `
read -r _ || exit
exec 9<&0
"$@" <"$0" 9<&- &
child=$!
( read -r _ <&9; kill -KILL 0 ) >/dev/null 2>&1 3>&- &
watch=$!
exec 9<&- 3>&-
wait "$child"
code=$?
kill -KILL "$watch" 2>/dev/null
exit "$code"
`

const running = new Set<ChildProcess>()

/** Ends all children of this engine. */
export function killAll(): void {
  for (const child of running) kill(child)
}

/**
 * Runs a program to its end: limited in time and output, at low priority, and never longer than we live.
 * @throws unavailable `ffmpeg/timeout`, `ffmpeg/cancelled`; invalid `ffmpeg/failed` with the last lines it wrote.
 */
export function runChild(file: string, args: readonly string[], options: ChildOptions): Promise<ChildResult> {
  const { timeoutMs, signal, nice = NICE, maxStdoutBytes = MAX_STDOUT_BYTES } = options
  const name = file.split('/').at(-1)!
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(cancelled(name))
    const startedAt = performance.now()
    const child = spawn('/bin/sh', ['-c', LEASH, options.stdin ?? '/dev/null', file, ...args], {
      stdio: ['pipe', 'pipe', 'pipe', options.onProgressLine ? 'pipe' : 'ignore'],
      env: {
        ...inherited('PATH', 'HOME', 'TMPDIR', 'LANG', 'FONTCONFIG_FILE', 'FONTCONFIG_PATH'),
        AV_LOG_FORCE_NOCOLOR: '1',
        // The static ffprobe from npm dies of the system's character tables, which belong to another libc: of the name of
        // any station, so of any transport stream. A dynamic one finds its own all the same.
        GCONV_PATH: '/dev/null',
      },
      // A process group of its own: one kill reaches all of it, and Ctrl-C in our terminal does not.
      detached: true,
    })
    running.add(child)
    let ending: Error | undefined
    const end = (why: Error) => {
      ending ??= why
      kill(child)
    }
    const timer = setTimeout(() => end(tooLong(name, timeoutMs)), timeoutMs)
    const onAbort = () => end(cancelled(name))
    signal?.addEventListener('abort', onAbort, { once: true })

    const chunks: Buffer[] = []
    let bytes = 0
    child.stdout!.on('data', (chunk: Buffer) => {
      if (options.onStdout) return options.onStdout(chunk)
      bytes += chunk.length
      if (bytes > maxStdoutBytes) end(tooMuch(name, maxStdoutBytes))
      else chunks.push(chunk)
    })
    const stderr = tail(child.stderr!, options.keepStderrBytes ?? KEEP_STDERR_BYTES, options.onStderrLine)
    if (options.onProgressLine) eachLine(child.stdio[3] as Readable, options.onProgressLine)
    child.stdin!.on('error', () => {})
    lower(child.pid, nice)
    child.stdin!.write('\n')

    const settle = () => {
      running.delete(child)
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    child.once('error', (cause) => {
      settle()
      reject(fault('unavailable', 'ffmpeg/no-start', `${name} cannot be started`, { cause }))
    })
    child.once('close', (code) => {
      settle()
      if (ending) return reject(ending)
      const wallMs = performance.now() - startedAt
      if (code === 0) return resolve({ stdout: Buffer.concat(chunks), stderr: stderr(), wallMs })
      reject(failed(name, code, stderr()))
    })
  })
}

/** Before its first step, so that whatever it starts is as modest. Without the `nice` program: a start costs a millisecond. */
function lower(pid: number | undefined, nice: number): void {
  if (pid === undefined || nice === 0) return
  try {
    setPriority(pid, Math.max(getPriority(), nice))
  } catch {
    // It has ended already.
  }
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** Keeps the end of a stream; answers with what it has. */
function tail(stream: Readable, keepBytes: number, onLine?: (line: string) => void): () => string {
  let kept = ''
  const decoder = new StringDecoder('utf8')
  stream.on('data', (chunk: Buffer) => {
    kept += decoder.write(chunk)
    if (kept.length > keepBytes * 2) kept = kept.slice(-keepBytes)
  })
  if (onLine) eachLine(stream, onLine)
  return () => kept.slice(-keepBytes)
}

const LONGEST_LINE = 64 * 1024

function eachLine(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split(/\r\n|\n|\r/)
    rest = lines.pop()!.slice(-LONGEST_LINE)
    for (const line of lines) onLine(line)
  })
  stream.on('end', () => {
    if (rest) onLine(rest)
  })
}

const LAST_LINES = 4

/** The lines that say why: the last ones, without the progress that has no line end. */
function lastLines(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() && !/^(frame|size)=/.test(line))
  return lines.slice(-LAST_LINES).join('\n').slice(-1_000)
}

const failed = (name: string, code: number | null, stderr: string) =>
  fault('invalid', 'ffmpeg/failed', `${name} failed (${code}): ${lastLines(stderr) || 'it said nothing'}`, {
    cause: stderr,
  })
const tooLong = (name: string, timeoutMs: number) =>
  fault('unavailable', 'ffmpeg/timeout', `${name} did not end within ${Math.round(timeoutMs / 100) / 10} s`)
const cancelled = (name: string) => fault('unavailable', 'ffmpeg/cancelled', `${name} was stopped`)
const tooMuch = (name: string, bytes: number) =>
  fault('invalid', 'ffmpeg/too-much', `${name} wrote more than ${bytes} bytes`)
