import type { Described, Tagged } from './record/said.ts'

/** Describes what lies in a file, and cuts pictures out of it; runs as many programs at once as the machine has use for. */
export interface Prober {
  version(): Promise<string>
  /** Throws faults: `invalid` when the file is at fault, `unavailable` when time or the program is. */
  describe(path: string, options: { timeoutMs: number; signal?: AbortSignal }): Promise<Described>
  /** One frame as a picture of at most this width. */
  poster(path: string, ask: PosterAsk): Promise<Buffer>
}

export interface PosterAsk {
  format: PosterFormat
  atSeconds: number
  maxWidth: number
  timeoutMs: number
}

export const POSTER_FORMATS = ['webp', 'jpeg'] as const
export type PosterFormat = (typeof POSTER_FORMATS)[number]

/** Reads the tags of a file: camera, dates, place. */
export interface Tags {
  read(path: string, signal?: AbortSignal): Promise<Tagged>
}
