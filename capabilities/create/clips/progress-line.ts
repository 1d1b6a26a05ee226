import type { JobView } from './store.ts'

const WIDTH = 24
const QUIET_MS = 5_000

/** A line that is written over; where the output is no terminal, a line every five seconds. */
export function progressLine(out: NodeJS.WriteStream, now: () => number = Date.now) {
  let printedAtMs = now()
  return {
    show(job: JobView): void {
      const line = lineOf(job)
      if (out.isTTY) out.write(`\r\x1b[2K${line.slice(0, (out.columns ?? 80) - 1)}`)
      else if (now() - printedAtMs >= QUIET_MS) {
        printedAtMs = now()
        out.write(`${line}\n`)
      }
    },
    clear(): void {
      if (out.isTTY) out.write('\r\x1b[2K')
    },
  }
}

export function lineOf({ counts, doneSeconds, totalSeconds, speed, etaSeconds }: JobView): string {
  const share = totalSeconds > 0 ? Math.min(1, doneSeconds / totalSeconds) : 0
  const filled = Math.round(share * WIDTH)
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0) - counts.cancelled
  return [
    `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}]`,
    `${String(Math.floor(share * 100)).padStart(3)}%`,
    `${counts.done}/${all} clips`,
    counts.failed > 0 ? `${counts.failed} failed` : '',
    speed ? `${speed.toFixed(1)}x` : '',
    etaSeconds ? `${span(etaSeconds)} left` : '',
  ]
    .filter(Boolean)
    .join('  ')
}

/** Seconds as one says them. */
export function span(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds * 10) / 10} s`
  const s = Math.round(seconds)
  return s < 3_600
    ? `${Math.floor(s / 60)} min ${s % 60} s`
    : `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`
}
