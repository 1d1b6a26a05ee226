import { fullJitterMs } from '#kernel/backoff.ts'
import { type Clock, hours, seconds } from '#kernel/clock.ts'
import type { Doudian } from '#kernel/doudian.ts'
import { fault } from '#kernel/fault.ts'
import type { Leases } from '#kernel/lease.ts'
import type { Log } from '#kernel/telemetry.ts'
import type { App, Gateway, Refusal, Request } from './gateway.ts'
import type { Held, Shops } from './shops.ts'

export interface CallParts {
  gateway: Gateway
  app: App
  shops: Shops
  leases: Leases
  clock: Clock
  log: Log
}

export interface CallOptions {
  timeoutMs?: number
  signal?: AbortSignal | undefined
}

/** Calls the platform in a shop's name: tokens, back-off and deadlines are taken care of behind this. */
export interface Calls {
  send<T>(shopId: string, request: Request, options?: CallOptions): Promise<T>
  /** Refreshes what runs out within a day. */
  tend(signal: AbortSignal): Promise<void>
}

const TIMEOUT_MS = seconds(30)
const TRY_MS = seconds(10)
const LEASE_MS = seconds(20)
const AHEAD_MS = hours(24)
/** A token that is refused right after it was made will be refused again. */
const TOKENS_PER_CALL = 2

export function calls(parts: CallParts): Calls {
  const { gateway, app, shops, leases, clock, log } = parts
  const kept = new Map<string, Held>()
  const refreshing = new Map<string, Promise<Held>>()

  const tokenOf = async (shopId: string): Promise<Held> => {
    const known = kept.get(shopId)
    if (known && known.accessExpiresAtMs > clock.now()) return known
    const held = await shops.held(shopId)
    if (!held) throw notConnected(shopId)
    kept.set(shopId, held)
    return held.accessExpiresAtMs > clock.now() ? held : renew(shopId, held, clock.now() + TIMEOUT_MS)
  }

  /** One refresh in this process, and one in the cluster: who comes later gets what the first one got. */
  const renew = (shopId: string, seen: Held, deadlineMs: number): Promise<Held> => {
    const under = refreshing.get(shopId)
    if (under) return under
    const work = renewOnce(shopId, seen, deadlineMs).finally(() => refreshing.delete(shopId))
    refreshing.set(shopId, work)
    return work
  }

  const renewOnce = async (shopId: string, seen: Held, deadlineMs: number): Promise<Held> => {
    for (let attempt = 0; ; attempt++) {
      const lease = await leases.acquire(`order-sync/token/${shopId}`, LEASE_MS)
      try {
        const held = await shops.held(shopId)
        if (!held) throw notConnected(shopId)
        if (held.tokenNo !== seen.tokenNo) {
          kept.set(shopId, held)
          return held
        }
        if (lease) {
          const fresh = await askForTokens(shopId, held)
          if (fresh) return fresh
        }
      } finally {
        await lease?.release().catch(() => {})
      }
      const waitMs = lease ? fullJitterMs(attempt, { baseMs: 200, capMs: 5_000 }) : 100
      if (clock.now() + waitMs >= deadlineMs)
        throw fault('unavailable', 'order-sync/no-token', 'The platform gives no new token at the moment', {
          retryAfterMs: 1_000,
        })
      await clock.sleep(waitMs)
    }
  }

  /** By the refresh token, and where that is spent, as a self-use app may, anew. Null when it is worth another try. */
  const askForTokens = async (shopId: string, held: Held): Promise<Held | null> => {
    let answer = await gateway.refreshToken(app, held.refreshToken)
    if (!answer.ok && answer.refusal.kind !== 'again' && answer.refusal.kind !== 'slower')
      answer = await gateway.createToken(app, shopId)
    if (answer.ok) {
      await shops.keep(shopId, held.tokenNo, answer.data, clock.now())
      const fresh = await shops.held(shopId)
      if (fresh) kept.set(shopId, fresh)
      return fresh
    }
    log.warn({ shopId, code: answer.refusal.code, says: answer.refusal.says }, 'a token was not refreshed')
    if (answer.refusal.kind === 'authorise') {
      await shops.lose(shopId, answer.refusal.says)
      kept.delete(shopId)
      throw denied(answer.refusal)
    }
    return null
  }

  return {
    async send<T>(shopId: string, request: Request, { timeoutMs = TIMEOUT_MS, signal }: CallOptions = {}) {
      const deadlineMs = clock.now() + timeoutMs
      let renewals = 0
      for (let attempt = 0; ; attempt++) {
        const held = await tokenOf(shopId)
        const leftMs = Math.max(1, deadlineMs - clock.now())
        const answer = await gateway.send<T>(app, held.accessToken, request, {
          timeoutMs: Math.min(TRY_MS, leftMs),
          signal,
        })
        if (answer.ok) return answer.data
        signal?.throwIfAborted()
        const { refusal } = answer
        if (refusal.kind === 'never') throw fault('invalid', `doudian/${refusal.code}`, refusal.says)
        if (refusal.kind === 'authorise') {
          await shops.lose(shopId, refusal.says)
          kept.delete(shopId)
          throw denied(refusal)
        }
        if (refusal.kind === 'new-token') {
          if (++renewals > TOKENS_PER_CALL) throw denied(refusal)
          await renew(shopId, held, deadlineMs)
          continue
        }
        const slow = refusal.kind === 'slower' ? 500 : 100
        const waitMs = Math.max(
          refusal.retryAfterMs ?? 0,
          20 + fullJitterMs(attempt, { baseMs: slow, capMs: 5_000 }),
        )
        if (clock.now() + waitMs >= deadlineMs) throw outOfTime(refusal)
        await clock.sleep(waitMs, signal)
        signal?.throwIfAborted()
      }
    },
    async tend(signal) {
      for (const { shopId, accessExpiresAtMs } of await shops.active()) {
        if (signal.aborted) return
        if ((accessExpiresAtMs ?? 0) - clock.now() > AHEAD_MS) continue
        const held = await shops.held(shopId)
        if (held)
          await renew(shopId, held, clock.now() + TIMEOUT_MS).catch((error) =>
            log.warn({ shopId, reason: (error as Error).message }, 'a token waits for its refresh'),
          )
      }
    },
  }
}

/** What other rooms see of it. */
export const doudianNeed = (calling: Calls, shops: Shops): Doudian => ({
  async shops() {
    const active = await shops.active()
    return active.map(({ shopId, workspaceId, name }) => ({ shopId, workspaceId, name }))
  },
  call: (shopId, method, params, options = {}) => calling.send(shopId, { method, params }, options),
})

const notConnected = (shopId: string) =>
  fault('denied', 'order-sync/not-connected', `Shop ${shopId} is not connected`, {
    cure: 'Connect it on the page of orders.',
  })

const denied = ({ says }: Refusal) =>
  fault('denied', 'order-sync/authorise', says, { cure: 'Let the app into the shop again, then connect it.' })

const outOfTime = ({ kind, says, retryAfterMs }: Refusal) =>
  fault(kind === 'slower' ? 'limited' : 'unavailable', 'order-sync/no-answer', says, {
    retryAfterMs: retryAfterMs ?? 1_000,
  })
