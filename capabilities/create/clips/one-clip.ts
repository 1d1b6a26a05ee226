import { basename, dirname, extname, join, resolve } from 'node:path'
import { fault } from '#kernel/fault.ts'

/** What the command line says about one clip. */
export interface ClipOptions {
  portrait?: boolean
  landscape?: boolean
  policy?: string
  subject?: boolean
  srt?: string
  offset?: string
  from?: string
  to?: string
  title?: string
  watermark?: string
  music?: string
  loudness?: boolean
  preset?: string
  out?: string
}

/** The job file that says the same. */
export function jobFor(source: string, options: ClipOptions): object {
  const {
    portrait,
    landscape,
    policy,
    subject,
    srt,
    offset,
    from,
    to,
    title,
    watermark,
    music,
    loudness,
    preset,
    out,
  } = options
  if (portrait && landscape) {
    throw fault('invalid', 'clips/bad-option', '--portrait and --landscape exclude each other')
  }
  if (offset !== undefined && !Number.isFinite(Number(offset))) {
    throw fault('invalid', 'clips/bad-option', `--offset is a number of seconds, not "${offset}"`)
  }
  const reframe = {
    ...(portrait ? { to: 'portrait' } : landscape ? { to: 'landscape' } : {}),
    ...(policy ? { policy } : {}),
    ...(subject ? { focus: 'subject' } : {}),
  }
  const cut = { ...(from ? { from } : {}), ...(to ? { to } : {}) }
  const output = out ? resolve(out) : join(dirname(source), `${basename(source, extname(source))}-clip.mp4`)
  const clip = {
    source,
    output,
    ...(Object.keys(cut).length > 0 ? { cut } : {}),
    ...(Object.keys(reframe).length > 0 ? { reframe } : {}),
    ...(srt
      ? { subtitles: { file: resolve(srt), ...(offset ? { offsetSeconds: Number(offset) } : {}) } }
      : {}),
    ...(title ? { title: { text: title } } : {}),
    ...(watermark ? { watermark: { image: resolve(watermark) } } : {}),
    ...(music ? { music: { file: resolve(music) } } : {}),
    ...(loudness ? { loudness: true } : {}),
    ...(preset ? { preset } : {}),
  }
  return { name: basename(output, extname(output)), clips: [clip] }
}
