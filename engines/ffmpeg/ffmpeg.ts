import { fault } from '#kernel/fault.ts'
import { type Binary, findBinary, type Program, removeCopies } from './binaries.ts'
import { type ChildOptions, type ChildResult, killAll, runChild } from './child.ts'
import { type CjkFont, cjkFont } from './font.ts'
import { type FfmpegProgress, progressReader } from './progress.ts'

export type { Binary } from './binaries.ts'
export type { ChildResult } from './child.ts'
export type { CjkFont } from './font.ts'
export type { FfmpegProgress } from './progress.ts'

/** What `ffprobe -show_format -show_streams -show_chapters` says, as it says it. */
export interface ProbeJson {
  format?: Record<string, unknown> & { tags?: Record<string, string> }
  streams?: (Record<string, unknown> & { tags?: Record<string, string> })[]
  chapters?: Record<string, unknown>[]
}

export interface RunOptions extends Omit<ChildOptions, 'onProgressLine'> {
  /** Of the output, for share and time left. */
  durationSeconds?: number | undefined
  onProgress?: ((progress: FfmpegProgress) => void) | undefined
}

export interface FfmpegReport {
  ffmpeg: Binary & { hasLibass: boolean; hasLibx264: boolean; encoders: string[]; filters: string[] }
  ffprobe: Binary
  /** Null when no Chinese font is installed. */
  font: { family: string; file: string } | null
}

export interface FfmpegTools {
  /** Where one of them is, and its version. @throws unavailable `ffmpeg/missing` with what to install. */
  binary(program: Program): Promise<Binary>
  /** What was found and what it can do; found once per process. */
  inspect(): Promise<FfmpegReport>
  /**
   * The description of one file.
   * @throws invalid `ffmpeg/failed` with ffprobe's words when it is no medium or broken; unavailable `ffmpeg/timeout`.
   */
  probe(path: string, options: Pick<ChildOptions, 'timeoutMs' | 'signal'>): Promise<ProbeJson>
  /** Runs ffprobe with these arguments and parses what it prints (`-of json` is added). */
  ffprobe<T = unknown>(args: readonly string[], options: ChildOptions): Promise<T>
  /** Runs ffmpeg with these arguments; `-hide_banner -nostdin -nostats` and the progress pipe are added. */
  run(args: readonly string[], options: RunOptions): Promise<ChildResult>
  /** @throws unavailable `ffmpeg/no-font`. */
  cjkFont(): CjkFont
  /** Kills what still runs and removes temporary folders. */
  close(): Promise<void>
}

/** Empty paths mean: look for it. */
export interface FfmpegPaths {
  ffmpegPath: string
  ffprobePath: string
}

/** ffmpeg and ffprobe, found with the first use. Every run has a time limit and does not outlive us. */
export function ffmpegTools({ ffmpegPath, ffprobePath }: FfmpegPaths): FfmpegTools {
  const find = (program: Program, setting: string) => {
    let found: Promise<Binary> | undefined
    return () => {
      found ??= findBinary(program, setting)
      // A failure is not kept: the person may install it while we run.
      found.catch(() => {
        found = undefined
      })
      return found
    }
  }
  const ffmpeg = find('ffmpeg', ffmpegPath)
  const ffprobe = find('ffprobe', ffprobePath)
  let font: ReturnType<typeof cjkFont> | undefined
  let report: Promise<FfmpegReport> | undefined

  const tools: FfmpegTools = {
    binary: (program) => (program === 'ffmpeg' ? ffmpeg() : ffprobe()),
    async inspect() {
      report ??= inspected(await ffmpeg(), await ffprobe(), tools.cjkFont)
      return report
    },
    probe: (path, options) =>
      tools.ffprobe<ProbeJson>(
        [...FILES_ONLY, '-show_format', '-show_streams', '-show_chapters', '-i', asFile(path)],
        {
          ...options,
          maxStdoutBytes: 4 * 1024 * 1024,
        },
      ),
    async ffprobe<T>(args: readonly string[], options: ChildOptions) {
      const { path } = await ffprobe()
      const { stdout } = await runChild(path, ['-v', 'error', '-of', 'json', ...args], options)
      return parsed<T>(stdout)
    },
    async run(args, { durationSeconds, onProgress, ...options }) {
      const { path } = await ffmpeg()
      const own = ['-hide_banner', '-nostdin', '-nostats']
      if (!onProgress) return runChild(path, [...own, ...args], options)
      return runChild(path, [...own, '-progress', 'pipe:3', '-stats_period', '0.5', ...args], {
        ...options,
        onProgressLine: progressReader(durationSeconds, onProgress),
      })
    },
    cjkFont: () => (font ??= cjkFont()),
    async close() {
      killAll()
      font?.remove()
      font = undefined
      removeCopies()
    },
  }
  return tools
}

/** A path is a path, never an option or a protocol (`concat:`, `http:`), whatever it begins with. */
export const asFile = (path: string): string => `file:${path}`

/** A playlist in disguise must not make us ask the network. */
const FILES_ONLY = ['-protocol_whitelist', 'file']

function parsed<T>(stdout: Buffer): T {
  try {
    return JSON.parse(stdout.toString('utf8')) as T
  } catch (cause) {
    throw fault('invalid', 'ffmpeg/unreadable', 'ffprobe answered with no JSON', { cause })
  }
}

const LIST_TIMEOUT_MS = 20_000

async function inspected(ffmpeg: Binary, ffprobe: Binary, font: () => CjkFont): Promise<FfmpegReport> {
  const list = async (what: string) =>
    (await runChild(ffmpeg.path, ['-hide_banner', what], { timeoutMs: LIST_TIMEOUT_MS })).stdout.toString()
  const [encoders, filters] = await Promise.all([list('-encoders'), list('-filters')])
  const names = (text: string) => [...text.matchAll(/^ [A-Z.|]{3,6} ([\w-]+) /gm)].map((match) => match[1]!)
  const all = { encoders: names(encoders), filters: names(filters) }
  return {
    ffmpeg: {
      ...ffmpeg,
      ...all,
      hasLibass: all.filters.includes('subtitles'),
      hasLibx264: all.encoders.includes('libx264'),
    },
    ffprobe,
    font: fontOrNull(font),
  }
}

function fontOrNull(font: () => CjkFont): FfmpegReport['font'] {
  try {
    const { family, file } = font()
    return { family, file }
  } catch {
    return null
  }
}
