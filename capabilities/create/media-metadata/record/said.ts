/** What ffprobe printed, as it printed it. */
export interface Described {
  format?: Record<string, unknown> & { tags?: Record<string, string> }
  streams?: Stream[]
  chapters?: unknown[]
}

export type Stream = Record<string, unknown> & {
  tags?: Record<string, string>
  disposition?: Record<string, number>
  side_data_list?: Record<string, unknown>[]
}

/** What the reader of tags said, and who it was. */
export interface Tagged {
  reader: 'exiftool' | 'mediainfo'
  version: string
  tags: Record<string, unknown>
}

/** A finite number out of what may be a text; null for `N/A` and nothing. */
export function number(value: unknown): number | null {
  if (value === null || value === undefined || value === '') return null
  const n = Number(value)
  return Number.isFinite(n) ? n : null
}

export const positive = (value: unknown): number | null => {
  const n = number(value)
  return n !== null && n > 0 ? n : null
}

export const text = (value: unknown): string | null => {
  const said = typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : ''
  return said && !/^(unknown|und|N\/A)$/i.test(said) ? said.slice(0, 500) : null
}

/** `30000/1001` as a number, to three places. */
export function ratio(value: unknown): number | null {
  const [above, below = '1'] = String(value ?? '').split('/')
  const n = Number(above) / Number(below)
  return Number.isFinite(n) && n > 0 ? rounded(n, 3) : null
}

export const rounded = (value: number, places: number): number =>
  Math.round(value * 10 ** places) / 10 ** places

export const kbps = (bitsPerSecond: number | null): number | null =>
  bitsPerSecond === null ? null : Math.round(bitsPerSecond / 1000)

/** The first tag that is there, under its full name (`QuickTime:Duration`). */
export function firstTag(
  tags: Record<string, unknown>,
  names: readonly string[],
): { tag: string; value: unknown } | null {
  for (const tag of names) if (tags[tag] !== undefined && tags[tag] !== '') return { tag, value: tags[tag] }
  return null
}

/** The first video stream that is a picture in motion, not a cover. */
export const mainVideo = (streams: readonly Stream[]): Stream | undefined =>
  streams.find((stream) => stream['codec_type'] === 'video' && !stream.disposition?.['attached_pic'])

export const mainAudio = (streams: readonly Stream[]): Stream | undefined => {
  const sounds = streams.filter((stream) => stream['codec_type'] === 'audio')
  return sounds.find((stream) => stream.disposition?.['default']) ?? sounds[0]
}
