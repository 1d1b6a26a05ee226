import type { SourceFacts } from './clips.ts'

/** What a picture or sound file is, in shown pixels; null parts are not there. */
export interface Probed {
  facts: SourceFacts
  /** Pixels as stored differ in shape: the size to scale to before anything else. Null when they are square. */
  unsquare: { width: number; height: number } | null
  profile: string
  hasVideo: boolean
  /** The picture is one still. */
  isStill: boolean
  timeBase: string
}

export interface RunAsk {
  timeoutMs: number
  signal: AbortSignal
  /** Of the output. */
  durationSeconds?: number
  onProgress?(share: number, speed: number | null): void
  onStderrLine?(line: string): void
  onStdout?(chunk: Buffer): void
}

export interface TextFont {
  family: string
  /** For libass. */
  folder: string
  missingGlyphs(text: string): string[]
}

/** The programs that look at media and make it. */
export interface Media {
  /** @throws invalid with the program's words when it is no medium. */
  probe(path: string, signal?: AbortSignal): Promise<Probed>
  /** Seconds of the key frames at and after `fromSeconds`, for a while. */
  keyframes(path: string, fromSeconds: number, signal: AbortSignal): Promise<number[]>
  /** Runs with these arguments; answers with the end of what it said. */
  run(args: readonly string[], ask: RunAsk): Promise<string>
  /** @throws unavailable when there is no font that draws Chinese. */
  font(): TextFont
  /** The names of the encoders that were built in; whether they work is another question. */
  encoders(): Promise<readonly string[]>
}
