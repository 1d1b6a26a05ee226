/** How far some long work is, in a unit of its own. */
export interface Progress {
  done: number
  /** Null while nobody knows. */
  total: number | null
  note?: string
}

const WIDTH = 28
/** The rate is that of the last while, so that it follows what happens. */
const WINDOW_MS = 10_000

/** A line that is written over: bar, share, rate, time left. Where the output is no terminal, a line every five seconds. */
export function progressBar(out: NodeJS.WriteStream, now: () => number = Date.now) {
  const seen: { atMs: number; done: number }[] = []
  let printedAtMs = 0
  return {
    show(progress: Progress): void {
      const atMs = now()
      seen.push({ atMs, done: progress.done })
      while (seen.length > 2 && atMs - seen[0]!.atMs > WINDOW_MS) seen.shift()
      const line = barLine(progress, rateOf(seen))
      if (out.isTTY) out.write(`\r\x1b[2K${line.slice(0, (out.columns ?? 80) - 1)}`)
      else if (atMs - printedAtMs >= 5_000) {
        printedAtMs = atMs
        out.write(`${line}\n`)
      }
    },
    clear(): void {
      if (out.isTTY) out.write('\r\x1b[2K')
    },
  }
}

/** Units per second between the first and the last sight; null until there are two. */
function rateOf(seen: readonly { atMs: number; done: number }[]): number | null {
  const [first, last] = [seen[0], seen.at(-1)]
  if (!first || !last || last.atMs <= first.atMs) return null
  return Math.max(0, ((last.done - first.done) * 1000) / (last.atMs - first.atMs))
}

export function barLine({ done, total, note = '' }: Progress, rate: number | null): string {
  const share = total === null || total === 0 ? null : Math.min(1, done / total)
  const filled = Math.round((share ?? 0) * WIDTH)
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}]`
  const parts = [
    bar,
    share === null ? '  ?%' : `${String(Math.floor(share * 100)).padStart(3)}%`,
    `${done}${total === null ? '' : `/${total}`}`,
    rate === null ? '' : `${rate >= 10 ? Math.round(rate) : rate.toFixed(1)}/s`,
    rate && total !== null && done < total ? `${duration((total - done) / rate)} left` : '',
    note,
  ]
  return parts.filter(Boolean).join('  ')
}

export function duration(seconds: number): string {
  const s = Math.round(seconds)
  if (s < 60) return `${s} s`
  if (s < 3_600) return `${Math.floor(s / 60)} min ${s % 60} s`
  return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`
}
