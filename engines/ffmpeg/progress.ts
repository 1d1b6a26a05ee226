/** How far an ffmpeg run is. */
export interface FfmpegProgress {
  /** Seconds of output written. */
  outSeconds: number
  frame: number
  fps: number
  /** Seconds of output per second of work; null while unknown. */
  speed: number | null
  /** Bytes written so far. */
  bytes: number
  /** From 0 to 1, and seconds left; null when the duration was not given. */
  share: number | null
  etaSeconds: number | null
  isLast: boolean
}

/** Reads the `key=value` lines of `-progress`; tells once per block, which ends with `progress=`. */
export function progressReader(
  durationSeconds: number | undefined,
  tell: (progress: FfmpegProgress) => void,
): (line: string) => void {
  const seen = new Map<string, string>()
  return (line) => {
    const [, key, value] = /^(\w+)=\s*(.*)$/.exec(line) ?? []
    if (key === undefined || value === undefined) return
    seen.set(key, value)
    if (key === 'progress') tell(progressOf(seen, durationSeconds))
  }
}

function progressOf(seen: ReadonlyMap<string, string>, durationSeconds: number | undefined): FfmpegProgress {
  const number = (key: string) => Number.parseFloat(seen.get(key) ?? '') || 0
  // Both carry microseconds; `out_time_ms` is misnamed in every version.
  const outSeconds = Math.max(0, number('out_time_us') / 1e6)
  const speed = number('speed') || null
  const isLast = seen.get('progress') === 'end'
  const share = durationSeconds ? (isLast ? 1 : Math.min(1, outSeconds / durationSeconds)) : null
  return {
    outSeconds,
    frame: number('frame'),
    fps: number('fps'),
    speed,
    bytes: number('total_size'),
    share,
    etaSeconds: durationSeconds && speed ? Math.max(0, durationSeconds - outSeconds) / speed : null,
    isLast,
  }
}
