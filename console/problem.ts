/** What went wrong, as the platform says it (RFC 9457) or as the network shows it. */
export type Problem = Error & {
  status: number
  code: string
  title: string
  detail?: string | undefined
  cure?: string | undefined
  logId?: string | undefined
  retryAfterSeconds?: number | undefined
}

export const isProblem = (value: unknown): value is Problem =>
  value instanceof Error && typeof (value as Partial<Problem>).code === 'string' && 'status' in value

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

/** An error from an answer's status and body; a body that is no problem document still gives a usable one. */
export function problem(status: number, body: unknown, retryAfter?: string | null): Problem {
  const said = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const title = text(said['title']) ?? text(said['message']) ?? `HTTP ${status}`
  const wait = Number(retryAfter)
  return Object.assign(new Error(title), {
    status,
    code: text(said['code']) ?? `http/${status}`,
    title,
    detail: text(said['detail']),
    cure: text(said['cure']),
    logId: text(said['logId']) ?? text(said['log_id']),
    ...(retryAfter && Number.isFinite(wait) ? { retryAfterSeconds: wait } : {}),
  })
}

export const offline = (cause: unknown): Problem =>
  Object.assign(new Error('offline', { cause }), { status: 0, code: 'console/offline', title: 'offline' })

/** Anything caught, as a problem: bugs keep their message as the detail. */
export const asProblem = (thrown: unknown): Problem =>
  isProblem(thrown)
    ? thrown
    : Object.assign(new Error(String(thrown)), {
        status: 0,
        code: 'console/bug',
        title: 'bug',
        detail: String(thrown),
      })
