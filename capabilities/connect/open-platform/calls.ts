import { fullJitterMs } from '#kernel/backoff.ts'
import { type Clock, seconds } from '#kernel/clock.ts'
import type { CallOptions, Douyin, DouyinRequest } from '#kernel/douyin.ts'
import { fault } from '#kernel/fault.ts'
import { spanned } from '#kernel/telemetry.ts'
import type { Lanes } from './lanes.ts'
import type { BucketRule } from './limiter.ts'
import { mayRepeat, quotaRestoresAtMs, type TokenEvent } from './open-platform.ts'
import type { Quotas } from './quotas.ts'
import type { Store } from './store.ts'
import type { TokenKeeper } from './tokens.ts'
import type { App, Refusal, Wire } from './wire.douyin.ts'

export interface CallParts {
  wire: Wire
  app: App
  store: Store
  tokens: TokenKeeper
  lanes: Lanes
  quotas: Quotas
  clock: Clock
  pace: Pace
}

export interface Pace {
  appCallsPerSecond: number
  accountCallsPerSecond: number
}

const DEFAULT_TIMEOUT_MS = seconds(15)
/** One try never takes the whole deadline: a hanging connection leaves time for another. */
const TRY_TIMEOUT_MS = seconds(8)
/** Fresh tokens that are refused again and again will not become good by a third one. */
const TOKENS_PER_CALL = 2

/** Where the token of a call comes from, and what to do when the platform refuses it. */
interface Caller {
  buckets: readonly BucketRule[]
  token(deadlineMs: number): Promise<{ accessToken: string; openId?: string; refuse(): Promise<void> }>
  /** The platform ended it in the middle of a call. */
  ended(refusal: Refusal): Promise<void>
}

/** Local token check -> refresh off the path -> header -> limiter -> HTTP -> verdict -> full-jitter retry until the deadline. */
export function douyinCalls(parts: CallParts): Douyin {
  const { wire, store, tokens, lanes, quotas, clock, pace } = parts

  const call = async <T>(caller: Caller, request: DouyinRequest, options: CallOptions): Promise<T> => {
    const { lane, timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options
    const deadlineMs = clock.now() + timeoutMs
    let tokensRefused = 0
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted()
      checkQuota(request.family)
      const token = await caller.token(deadlineMs)
      await lanes.pass(caller.buckets, lane, deadlineMs)
      const leftMs = deadlineMs - clock.now()
      if (leftMs <= 0) throw outOfTime(null)
      const limit = { timeoutMs: Math.min(TRY_TIMEOUT_MS, leftMs), ...(signal ? { signal } : {}) }
      const answer = await spanned(
        `douyin ${request.family}`,
        { 'douyin.lane': lane, 'douyin.attempt': attempt },
        () => wire.send(request, token, limit),
      )
      quotas.note(request.family, answer.remaining)
      if (answer.ok) return answer.data as T
      const { refusal } = answer
      switch (refusal.class) {
        case 'refresh-token':
          await token.refuse()
          tokensRefused += 1
          if (tokensRefused > TOKENS_PER_CALL) {
            await caller.ended(refusal)
            throw denied(refusal)
          }
          break
        case 'reauthorise':
        case 'revoked':
          await caller.ended(refusal)
          throw denied(refusal)
        case 'banned':
        case 'scope-missing':
          if (refusal.class === 'banned') await caller.ended(refusal)
          throw denied(refusal)
        case 'quota':
          await quotas.usedUp(request.family, restoredAtMs(refusal, clock.now()))
          throw usedUp(restoredAtMs(refusal, clock.now()) - clock.now())
        case 'rate':
          await lanes.penalise(caller.buckets[0]!.bucket, refusal.retryAfterMs ?? 0)
          break
        case 'invalid':
          throw fault('invalid', `douyin/${refusal.code ?? refusal.httpStatus}`, said(refusal))
        default:
          await again(request, refusal, attempt, deadlineMs, signal)
      }
    }
  }

  const again = async (
    request: DouyinRequest,
    refusal: Refusal,
    attempt: number,
    deadlineMs: number,
    signal: AbortSignal | undefined,
  ) => {
    signal?.throwIfAborted()
    if (refusal.mayHaveHappened && !mayRepeat(request)) throw outOfTime(refusal)
    const waitMs = Math.max(refusal.retryAfterMs ?? 0, fullJitterMs(attempt, { baseMs: 100, capMs: 5_000 }))
    if (clock.now() + waitMs >= deadlineMs) throw outOfTime(refusal)
    await clock.sleep(waitMs, signal)
  }

  const checkQuota = (family: string) => {
    const nowMs = clock.now()
    const untilMs = quotas.closedUntilMs(family, nowMs)
    if (untilMs !== null) throw usedUp(untilMs - nowMs)
  }

  const appBucket: BucketRule = {
    bucket: `app/${parts.app.clientKey}`,
    rate: pace.appCallsPerSecond,
    burst: pace.appCallsPerSecond,
  }
  const bucketOf = (who: string, family: string): BucketRule => ({
    bucket: `${who}/${family}`,
    rate: pace.accountCallsPerSecond,
    burst: Math.max(1, pace.accountCallsPerSecond),
  })

  return {
    async accounts() {
      const accounts = await store.callable()
      return accounts.map(({ accountId, workspaceId, openId, nickname, scopes }) => ({
        accountId,
        workspaceId,
        openId,
        nickname,
        scopes,
      }))
    },
    call: (accountId, request, options) => {
      const caller: Caller = {
        buckets: [bucketOf(`account/${accountId}`, request.family), appBucket],
        async token(deadlineMs) {
          const held = await tokens.of(accountId, deadlineMs)
          return { accessToken: held.accessToken, openId: held.openId, refuse: () => tokens.discredit(held) }
        },
        async ended(refusal) {
          const reason = refusal.class === 'banned' ? 'banned' : 'reauthorise'
          await store.lose(accountId, reason, lossEvent(refusal, clock.now()))
        },
      }
      return call(caller, request, options)
    },
    callAsApp: (request, options) => {
      const caller: Caller = {
        buckets: [bucketOf('app', request.family), appBucket],
        async token(deadlineMs) {
          const token = await tokens.ofApp(deadlineMs)
          return { accessToken: token.accessToken, refuse: () => tokens.discreditApp(token) }
        },
        ended: async () => {},
      }
      return call(caller, request, options)
    },
  }
}

const restoredAtMs = ({ retryAfterMs }: Refusal, nowMs: number) =>
  retryAfterMs === null ? quotaRestoresAtMs(nowMs) : nowMs + retryAfterMs

const lossEvent = ({ class: of, code, logId, description }: Refusal, atMs: number): TokenEvent => ({
  kind: of === 'banned' ? 'banned' : 'reauthorise-needed',
  atMs,
  code,
  logId,
  detail: `call: ${description}`.slice(0, 300),
})

const said = ({ code, en, description, logId }: Refusal) =>
  [en, code === null ? '' : `(code ${code})`, description, logId ? `log id ${logId}` : '']
    .filter(Boolean)
    .join(' ')

const denied = (refusal: Refusal) => fault('denied', `douyin/${refusal.class}`, said(refusal))

const usedUp = (retryAfterMs: number) =>
  fault('limited', 'douyin/quota', "Today's quota of this endpoint is used up", {
    retryAfterMs,
    cure: 'It is restored at 08:00 Shanghai time; the work goes on by itself.',
  })

const outOfTime = (refusal: Refusal | null) =>
  fault(
    'unavailable',
    'douyin/no-answer',
    refusal ? said(refusal) : 'The platform did not answer before the deadline',
    {
      retryAfterMs: refusal?.retryAfterMs ?? 1_000,
    },
  )
