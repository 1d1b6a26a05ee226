/** What this process answered for a sale: how often what, how fast, and how many a second just now. */
export interface Meter {
  count(answer: string, tookMs: number): void
  read(): MeterReading
  /** What was counted since the last drain; null when nothing was. */
  drain(): Omit<MeterReading, 'perSecond'> | null
}

export interface MeterReading {
  answers: Record<string, number>
  /** Answers a second, over the last five full seconds. */
  perSecond: number
  p50Ms: number
  p99Ms: number
  p999Ms: number
}

// Buckets grow by a twelfth of an octave: a percentile is right within 6 %.
const PER_OCTAVE = 12
const SMALLEST_MS = 0.001
const BUCKETS = PER_OCTAVE * 26
const SECONDS = 5

export function meter(nowMs: () => number = () => performance.now()): Meter {
  const answers: Record<string, number> = {}
  const buckets = new Uint32Array(BUCKETS)
  const perSecond = new Map<number, number>()
  let total = 0
  // As of the last drain: what came since is the difference, and counting costs nothing more.
  let drained: Record<string, number> = {}
  let drainedBuckets = new Uint32Array(BUCKETS)
  let drainedTotal = 0

  const percentile = (share: number, of = buckets, count = total) => {
    let left = Math.ceil(count * share)
    for (let i = 0; i < BUCKETS; i++) {
      left -= of[i]!
      if (left <= 0 && count > 0) return rounded(SMALLEST_MS * 2 ** ((i + 0.5) / PER_OCTAVE))
    }
    return 0
  }

  return {
    count(answer, tookMs) {
      answers[answer] = (answers[answer] ?? 0) + 1
      total += 1
      const bucket = Math.floor(Math.log2(Math.max(tookMs, SMALLEST_MS) / SMALLEST_MS) * PER_OCTAVE)
      buckets[Math.min(bucket, BUCKETS - 1)]! += 1
      const second = Math.floor(nowMs() / 1000)
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1)
      if (perSecond.size > SECONDS + 1) perSecond.delete(perSecond.keys().next().value!)
    },
    read() {
      const now = Math.floor(nowMs() / 1000)
      let recent = 0
      for (const [second, count] of perSecond) if (second < now && second >= now - SECONDS) recent += count
      return {
        answers: { ...answers },
        perSecond: Math.round(recent / SECONDS),
        p50Ms: percentile(0.5),
        p99Ms: percentile(0.99),
        p999Ms: percentile(0.999),
      }
    },
    drain() {
      const count = total - drainedTotal
      if (count === 0) return null
      const recent = buckets.map((each, i) => each - drainedBuckets[i]!)
      const since: Record<string, number> = {}
      for (const [answer, n] of Object.entries(answers))
        if (n > (drained[answer] ?? 0)) since[answer] = n - (drained[answer] ?? 0)
      drained = { ...answers }
      drainedBuckets = buckets.slice()
      drainedTotal = total
      const at = (share: number) => percentile(share, recent, count)
      return { answers: since, p50Ms: at(0.5), p99Ms: at(0.99), p999Ms: at(0.999) }
    },
  }
}

const rounded = (ms: number) => Number(ms.toPrecision(3))

const MOST = 500

type Drained = { saleId: string } & Omit<MeterReading, 'perSecond'>

/** One meter a sale, the longest unused forgotten first. */
export function meters(): { of(saleId: string): Meter; drain(): Drained[] } {
  const all = new Map<string, Meter>()
  return {
    of(saleId) {
      const known = all.get(saleId)
      if (known) return known
      const fresh = meter()
      all.set(saleId, fresh)
      if (all.size > MOST) all.delete(all.keys().next().value!)
      return fresh
    },
    drain: () =>
      [...all].flatMap(([saleId, each]) => {
        const since = each.drain()
        return since ? [{ saleId, ...since }] : []
      }),
  }
}
