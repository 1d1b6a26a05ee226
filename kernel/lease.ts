/** A held lease. `fence` grows with every new holder: writes that carry it refuse a holder who came back too late. */
export interface Lease {
  readonly name: string
  readonly fence: number
  /** Extends it. `false` when somebody else holds it by now: stop working. */
  renew(ttlMs: number): Promise<boolean>
  /** Gives it back, if still held. */
  release(): Promise<void>
}

/** Mutual exclusion across processes that survives a dead holder: the lease runs out. */
export interface Leases {
  /** The lease, or null while another process holds it. */
  acquire(name: string, ttlMs: number): Promise<Lease | null>
}

/** Holds `name` while it can and runs `work` with a signal that fires when the lease is lost; tries until `signal` fires. */
export async function whileLeased(
  leases: Leases,
  {
    name,
    ttlMs,
    retryMs = ttlMs / 2,
    signal,
    sleep,
  }: {
    name: string
    ttlMs: number
    retryMs?: number
    signal: AbortSignal
    sleep: (ms: number, signal: AbortSignal) => Promise<void>
  },
  work: (lost: AbortSignal, lease: Lease) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const lease = await leases.acquire(name, ttlMs).catch(() => null)
    if (!lease) {
      await sleep(retryMs, signal)
      continue
    }
    const lost = new AbortController()
    const stop = AbortSignal.any([signal, lost.signal])
    const heartbeat = (async () => {
      while (!stop.aborted) {
        await sleep(ttlMs / 3, stop)
        if (!stop.aborted && !(await lease.renew(ttlMs).catch(() => false))) lost.abort()
      }
    })()
    try {
      await work(stop, lease)
    } finally {
      lost.abort()
      await heartbeat
      await lease.release().catch(() => {})
    }
  }
}
