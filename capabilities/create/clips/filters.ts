import type { Segment, Size } from './clips.ts'
import type { Reframe } from './picture/reframe.ts'

/** Parts of ffmpeg filter graphs as text. */

/**
 * A path as a value of a filter: quoted for the option, then for the graph, because both read it.
 * Source: ffmpeg-filters(1), "Notes on filtergraph escaping".
 */
export function pathValue(path: string): string {
  const forOption = path.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll(':', '\\:')
  return forOption.replace(/[\\'[\],;]/g, (char) => `\\${char}`)
}

/** Light of film and phone (PQ, HLG) into that of a screen. */
export const TONE_MAP =
  'zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,format=yuv420p'

const between = (segments: readonly Segment[]) =>
  segments
    .map(({ fromSeconds, toSeconds }) => `between(t,${seconds(fromSeconds)},${seconds(toSeconds - 0.0005)})`)
    .join('+')

/** Keeps these pieces of a picture of constant rate, and closes the gaps. */
export const keepFrames = (segments: readonly Segment[], fps: string): string =>
  `select='${between(segments)}',setpts=N/(${fps})/TB`

/** The same for sound, in pieces of 256 samples (5 ms), so that it does not run away from the picture. */
export const keepSamples = (segments: readonly Segment[]): string =>
  `asetnsamples=n=256:p=0,aselect='${between(segments)}',asetpts=N/SR/TB`

export const seconds = (n: number): string => String(Math.round(n * 1e6) / 1e6)

const BLUR_SHRINK = 8
const SCALER = 'flags=bicubic'

/**
 * Puts a picture into its frame. `commands` is a file that moves the crop over time (sendcmd); `middle` where the window
 * stands otherwise, from 0 to 1.
 */
export function frameFilters(
  source: Size,
  framing: Reframe,
  middle = 0.5,
  commands: string | null = null,
): string {
  const { size, mode, window, scaled } = framing
  const { width, height } = size
  const scale = `scale=${scaled.width}:${scaled.height}:${SCALER}`
  if (mode === 'pad') return `${scale},pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:black`
  if (mode === 'blur') {
    const small = evenSize(width / BLUR_SHRINK, height / BLUR_SHRINK)
    const back = `scale=${small}:force_original_aspect_ratio=increase:flags=fast_bilinear,crop=${small},gblur=sigma=4,scale=${width}:${height}:flags=fast_bilinear,lutyuv=y=val*0.7`
    return `split[back][front];[back]${back}[soft];[front]${scale}[sharp];[soft][sharp]overlay=(W-w)/2:(H-h)/2`
  }
  const [x, y] = windowAt(source, window, middle)
  const isWhole = window.width === source.width && window.height === source.height
  const isScaled = scaled.width !== window.width || scaled.height !== window.height
  const isLarger = scaled.width !== width || scaled.height !== height
  const steps = [
    ...(commands ? [`sendcmd=f=${pathValue(commands)}`] : []),
    ...(isWhole ? [] : [`crop@track=${window.width}:${window.height}:${x}:${y}`]),
    ...(isScaled ? [scale] : []),
    ...(isLarger ? [`crop=${width}:${height}`] : []),
  ]
  return steps.join(',') || 'null'
}

/** The upper left corner of a window whose middle stands at `middle` of the side that it can move along. */
export function windowAt(source: Size, window: Size, middle: number): [x: number, y: number] {
  const place = (whole: number, part: number, at: number) =>
    Math.floor(Math.min(whole - part, Math.max(0, whole * at - part / 2)) / 2) * 2
  return isAcross(source, window)
    ? [place(source.width, window.width, middle), place(source.height, window.height, 0.5)]
    : [place(source.width, window.width, 0.5), place(source.height, window.height, middle)]
}

export const isAcross = (source: Size, window: Size): boolean =>
  source.width - window.width >= source.height - window.height

const evenSize = (width: number, height: number) =>
  `${Math.max(16, Math.round(width / 2) * 2)}:${Math.max(16, Math.round(height / 2) * 2)}`
