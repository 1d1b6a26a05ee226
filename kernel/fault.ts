/** How an operation can fail in service. Each kind has one meaning on every way in (see {@link statusOf}). */
export type FaultKind = 'invalid' | 'denied' | 'missing' | 'conflict' | 'limited' | 'unavailable'

export interface FaultDetail {
  /** What went wrong underneath. Goes to the log, never to the caller. */
  cause?: unknown
  /** The input field at fault, dotted (`items.0.quantity`). */
  field?: string
  /** What the caller can do about it, in one sentence. */
  cure?: string
  /** For `limited` and `unavailable`: when trying again makes sense. */
  retryAfterMs?: number
  /** HTTP status where the kind alone is too coarse (401 against 403, 413 against 400). */
  status?: number
}

/** An operating error: stable `code` (`room/what`), a message that is safe for strangers, a private cause. */
export class Fault extends Error {
  readonly kind: FaultKind
  readonly code: string
  readonly field: string | undefined
  readonly cure: string | undefined
  readonly retryAfterMs: number | undefined
  readonly status: number

  constructor(kind: FaultKind, code: string, message: string, detail: FaultDetail = {}) {
    super(message, { cause: detail.cause })
    this.name = 'Fault'
    this.kind = kind
    this.code = code
    this.field = detail.field
    this.cure = detail.cure
    this.retryAfterMs = detail.retryAfterMs
    this.status = detail.status ?? STATUS[kind]
  }
}

export const fault = (kind: FaultKind, code: string, message: string, detail?: FaultDetail): Fault =>
  new Fault(kind, code, message, detail)

export const isFault = (error: unknown): error is Fault => error instanceof Fault

const STATUS: Record<FaultKind, number> = {
  invalid: 400,
  denied: 403,
  missing: 404,
  conflict: 409,
  limited: 429,
  unavailable: 503,
}

/** What a worker does with a failed piece of work: try it again later, or put it aside with its reason. */
export function isWorthRetrying(error: unknown): boolean {
  return isFault(error) && (error.kind === 'unavailable' || error.kind === 'limited')
}

/** One line for a log, a dead letter or a terminal. */
export function describe(error: unknown): { code: string; message: string } {
  if (isFault(error)) return { code: error.code, message: error.message }
  if (error instanceof Error) return { code: 'bug', message: error.message }
  return { code: 'bug', message: String(error) }
}
