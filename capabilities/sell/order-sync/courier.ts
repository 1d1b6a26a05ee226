/** Brings one message to an address that somebody typed in. */
export interface Courier {
  bring(message: {
    url: string
    headers: Record<string, string>
    body: string
    signal: AbortSignal
  }): Promise<{ status: number | null; tookMs: number; reason: string | null; retryAfterMs: number | null }>
}

export type PrivateTargets = 'never' | 'loopback' | 'any'
/** The courier, given where it may go. */
export type Couriers = (privateTargets: PrivateTargets) => Courier
