import { type Binary, findBinary, type Program } from './binaries.ts'
import { type ChildOptions, type ChildResult, killAll, runChild } from './child.ts'
import { type CjkFont, cjkFont } from './font.ts'
import { AS_JSON, type ProbeJson, parsed, probeLanes } from './probe.ts'
import { type FfmpegProgress, progressReader } from './progress.ts'
import { removeOwnFolders } from './temporary.ts'

export type { Binary } from './binaries.ts'
export type { ChildResult } from './child.ts'
export type { CjkFont } from './font.ts'
export { asFile, inputOf, type ProbeJson } from './probe.ts'
export type { FfmpegProgress } from './progress.ts'

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
   * The description of one file. As many run at once as there are cores; those who wait share a start.
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
  let font: CjkFont | undefined
  let report: Promise<FfmpegReport> | undefined

  const prober = probeLanes(ffprobe)

  const tools: FfmpegTools = {
    binary: (program) => (program === 'ffmpeg' ? ffmpeg() : ffprobe()),
    async inspect() {
      report ??= inspected(await ffmpeg(), await ffprobe(), tools.cjkFont)
      return report
    },
    probe: (path, options) => prober({ path, ...options }),
    async ffprobe<T>(args: readonly string[], options: ChildOptions) {
      const { path } = await ffprobe()
      return parsed<T>((await runChild(path, [...AS_JSON, ...args], options)).stdout)
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
      removeOwnFolders()
    },
  }
  return tools
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
