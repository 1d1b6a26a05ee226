import { fullJitterMs } from '#kernel/backoff.ts'
import { type Clock, seconds } from '#kernel/clock.ts'
import { type Fault, fault } from '#kernel/fault.ts'
import type { AccountId } from '#kernel/id.ts'
import type { Log } from '#kernel/telemetry.ts'
import {
  type Account,
  type AfterRefusal,
  type Ahead,
  afterRefusal,
  CALLABLE,
  dueFor,
  type TokenEvent,
  type TokenEventKind,
} from './open-platform.ts'
import type { AppToken, Claim, FreshTokens, Held, Settlement, Store } from './store.ts'
import type { Answer, App, Refusal, Tokens, Wire } from './wire.douyin.ts'

export interface TokenKeeperOptions extends Ahead {
  store: Store
  wire: Wire
  app: App
  clock: Clock
  log: Log
  /** First and longest wait between failed refreshes. */
  backoff?: { baseMs: number; capMs: number }
}

export interface TokenKeeper {
  /**
   * Tokens that are good now. At once from memory while they last; else one process of all asks the platform and the
   * others wait for what it gets. `denied` when a person must act, `unavailable` when none came before the deadline.
   */
  of(accountId: AccountId, deadlineMs: number): Promise<Held>
  ofApp(deadlineMs: number): Promise<AppToken>
  /** The platform refused these tokens although they should be good. */
  discredit(held: Held): Promise<void>
  discreditApp(token: AppToken): Promise<void>
  /** Renews or refreshes now, whatever the clocks say: `done`, or `busy` when another process is at it. */
  refreshNow(accountId: AccountId): Promise<'done' | 'failed' | 'busy'>
  /** One round of the worker: all accounts whose clocks run out soon, and the app's token. Returns how many it tried. */
  tend(signal: AbortSignal): Promise<number>
  close(): void
}

/** A claim must outlive the time limit of the question, or two processes would ask at once. */
const ASK_TIMEOUT_MS = 8_000
const CLAIM_MS = 15_000
/** Waiters look for themselves this often, should a notification be lost. */
const LOOK_MS = 250
/** Memory is believed this long: a change whose notification was lost is seen after it. */
const BELIEVE_MS = seconds(60)
const MOST_CACHED = 50_000
const APP_AHEAD_MS = seconds(600)
const AT_ONCE = 8

interface Cached<T> {
  token: T
  readAtMs: number
}

/** Where one kind of token is read from and asked for; the same dance for accounts and for the app. */
interface Cell<T> {
  key: string
  /** What is stored; `token` only if it is good now. Throws when a person must act. */
  read(): Promise<{ token: T | null; tokenFence: number; nextAttemptAtMs: number | null }>
  /** Asks the platform if this process gets the claim. */
  ask(tokenFence: number): Promise<boolean>
}

export async function tokenKeeper(options: TokenKeeperOptions): Promise<TokenKeeper> {
  const { store, wire, app, clock, log, backoff = { baseMs: 2_000, capMs: 900_000 } } = options
  const accounts = new Map<string, Cached<Held>>()
  const apps = new Map<string, Cached<AppToken>>()
  const flights = new Map<string, Promise<unknown>>()
  const waiting = new Map<string, Set<() => void>>()

  const forget = await store.onChange((key) => {
    if (key === '') {
      accounts.clear()
      apps.clear()
      for (const wakers of waiting.values()) for (const wake of wakers) wake()
      return
    }
    accounts.delete(key)
    apps.delete(key)
    for (const wake of waiting.get(key) ?? []) wake()
  })

  /** Until the row of `key` changes, or `ms` have gone by. */
  const change = async (key: string, ms: number): Promise<void> => {
    const woken = new AbortController()
    const wakers = waiting.get(key) ?? new Set()
    const wake = () => woken.abort()
    waiting.set(key, wakers.add(wake))
    await clock.sleep(ms, woken.signal)
    wakers.delete(wake)
    if (wakers.size === 0 && waiting.get(key) === wakers) waiting.delete(key)
  }

  const obtain = async <T>(cell: Cell<T>, deadlineMs: number): Promise<T> => {
    for (;;) {
      const seen = await cell.read()
      if (seen.token) return seen.token
      const nowMs = clock.now()
      const tooEarlyMs = Math.max(0, (seen.nextAttemptAtMs ?? 0) - nowMs)
      if (nowMs + tooEarlyMs >= deadlineMs) throw notYet(tooEarlyMs)
      if (tooEarlyMs === 0 && (await cell.ask(seen.tokenFence))) continue
      await change(cell.key, Math.max(1, Math.min(tooEarlyMs || LOOK_MS, deadlineMs - nowMs)))
    }
  }

  /** All callers of one process share one look; each keeps its own deadline. */
  const shared = <T>(cell: Cell<T>, deadlineMs: number): Promise<T> => {
    let flight = flights.get(cell.key) as Promise<T> | undefined
    if (!flight) {
      flight = obtain(cell, Math.max(deadlineMs, clock.now() + CLAIM_MS * 2)).finally(() =>
        flights.delete(cell.key),
      )
      // Whoever waits hears of it; if all of them have gone, nobody needs to.
      flight.catch(() => {})
      flights.set(cell.key, flight)
    }
    return before(flight, deadlineMs, clock)
  }

  const fromMemory = <T>(
    cache: Map<string, Cached<T>>,
    key: string,
    expiresAtMs: (token: T) => number,
  ): T | null => {
    const cached = cache.get(key)
    const nowMs = clock.now()
    if (!cached || cached.readAtMs + BELIEVE_MS <= nowMs || expiresAtMs(cached.token) <= nowMs) return null
    return cached.token
  }
  const keep = <T>(cache: Map<string, Cached<T>>, key: string, token: T) => {
    if (cache.size >= MOST_CACHED) cache.delete(cache.keys().next().value!)
    cache.set(key, { token, readAtMs: clock.now() })
  }

  const accountCell = (accountId: AccountId): Cell<Held> => ({
    key: accountId,
    async read() {
      const held = await store.held(accountId)
      if (!held) throw fault('missing', 'open-platform/no-account', 'There is no such account')
      if (!CALLABLE.includes(held.status)) throw lostFault(held)
      const isGood = held.accessToken !== '' && held.accessExpiresAtMs > clock.now()
      if (isGood) keep(accounts, accountId, held)
      return {
        token: isGood ? held : null,
        tokenFence: held.tokenFence,
        nextAttemptAtMs: held.nextAttemptAtMs,
      }
    },
    ask: async (tokenFence) => (await askFor(accountId, tokenFence, 'refresh')) !== 'busy',
  })

  const appCell: Cell<AppToken> = {
    key: app.clientKey,
    async read() {
      const { token, tokenFence, nextAttemptAtMs } = await store.appToken(app.clientKey)
      const isGood = token !== null && token.expiresAtMs > clock.now()
      if (isGood) keep(apps, app.clientKey, token)
      return { token: isGood ? token : null, tokenFence, nextAttemptAtMs }
    },
    ask: (tokenFence) => askForApp(tokenFence),
  }

  const askFor = async (
    accountId: AccountId,
    tokenFence: number,
    step: 'refresh' | 'renew',
    force = false,
  ): Promise<'done' | 'failed' | 'busy'> => {
    const claim = await store.claim({ accountId, tokenFence, nowMs: clock.now(), holdMs: CLAIM_MS, force })
    if (!claim) return 'busy'
    const { refreshToken } = claim.held
    const askedAtMs = clock.now()
    const answer =
      step === 'renew'
        ? await renewed(wire, app, claim.held, askedAtMs)
        : refreshed(
            await wire.refresh(app, refreshToken, { timeoutMs: ASK_TIMEOUT_MS }),
            claim.held,
            askedAtMs,
          )
    const { result, event } = settlementOf(step, answer, claim, clock.now(), backoff)
    if (event.kind !== 'refreshed' && event.kind !== 'renewed') {
      log.warn(
        { accountId, step, code: event.code, outcome: event.kind, logId: event.logId },
        'a token was not refreshed',
      )
    }
    accounts.delete(accountId)
    await store.settle(claim, result, event)
    return 'tokens' in result ? 'done' : 'failed'
  }

  const askForApp = async (tokenFence: number): Promise<boolean> => {
    const { clientKey } = app
    const claim = await store.claimAppToken({ clientKey, tokenFence, nowMs: clock.now(), holdMs: CLAIM_MS })
    if (!claim) return false
    const askedAtMs = clock.now()
    const answer = await wire.clientToken(app, { timeoutMs: ASK_TIMEOUT_MS })
    apps.delete(clientKey)
    if (answer.ok) {
      const { accessToken, expiresInSeconds } = answer.data
      const token = { accessToken, expiresAtMs: askedAtMs + seconds(expiresInSeconds) }
      await store.settleAppToken(clientKey, claim.fence, token, {
        kind: 'issued',
        atMs: clock.now(),
        logId: answer.logId,
      })
      return true
    }
    const { code, logId, description, retryAfterMs } = answer.refusal
    const waitMs = Math.max(retryAfterMs ?? 0, 100 + fullJitterMs(claim.attempts, backoff))
    const event: TokenEvent = { kind: 'retry-scheduled', atMs: clock.now(), code, logId, detail: description }
    await store.settleAppToken(clientKey, claim.fence, { retryAtMs: clock.now() + waitMs }, event)
    return true
  }

  const tendOne = async (account: Account): Promise<void> => {
    const step = dueFor(account, clock.now(), options) ?? (account.status === 'retrying' ? 'refresh' : null)
    if (!step) return
    const held = await store.held(account.accountId)
    if (held) await askFor(account.accountId, held.tokenFence, step)
  }

  return {
    of: async (accountId, deadlineMs) =>
      fromMemory(accounts, accountId, (held) => held.accessExpiresAtMs) ??
      shared(accountCell(accountId), deadlineMs),
    ofApp: async (deadlineMs) =>
      fromMemory(apps, app.clientKey, (token) => token.expiresAtMs) ?? shared(appCell, deadlineMs),
    async discredit({ accountId, tokenFence }) {
      if (accounts.get(accountId)?.token.tokenFence === tokenFence) accounts.delete(accountId)
      await store.discredit(accountId, tokenFence, clock.now())
    },
    async discreditApp({ tokenFence }) {
      if (apps.get(app.clientKey)?.token.tokenFence === tokenFence) apps.delete(app.clientKey)
      await store.discreditAppToken(app.clientKey, tokenFence, clock.now())
    },
    async refreshNow(accountId) {
      const held = await store.held(accountId)
      if (!held) throw fault('missing', 'open-platform/no-account', 'There is no such account')
      if (!held.refreshToken) throw lostFault(held)
      const step = dueFor(held, clock.now(), options) ?? 'refresh'
      return askFor(accountId, held.tokenFence, step, true)
    },
    async tend(signal) {
      const due = await store.due({ nowMs: clock.now(), limit: 500, ...options })
      const queue = [...due]
      const workers = Array.from({ length: AT_ONCE }, async () => {
        for (let next = queue.shift(); next && !signal.aborted; next = queue.shift()) await tendOne(next)
      })
      await Promise.all(workers)
      const { token, tokenFence, nextAttemptAtMs } = await store.appToken(app.clientKey)
      const isSoonOver = token !== null && token.expiresAtMs - clock.now() <= APP_AHEAD_MS
      if (isSoonOver && (nextAttemptAtMs ?? 0) <= clock.now()) await askForApp(tokenFence)
      return due.length
    },
    close: forget,
  }
}

type Asked = { tokens: FreshTokens; logId: string | null } | { refusal: Refusal }

function refreshed(answer: Answer<Tokens>, held: Held, askedAtMs: number): Asked {
  if (!answer.ok) return { refusal: answer.refusal }
  const { accessToken, refreshToken, expiresInSeconds, refreshExpiresInSeconds } = answer.data
  return {
    logId: answer.logId,
    tokens: {
      accessToken,
      refreshToken,
      accessExpiresAtMs: askedAtMs + seconds(expiresInSeconds),
      refreshExpiresAtMs: askedAtMs + seconds(refreshExpiresInSeconds),
      renewals: held.renewals,
    },
  }
}

async function renewed(wire: Wire, app: App, held: Held, askedAtMs: number): Promise<Asked> {
  const answer = await wire.renew(app, held.refreshToken, { timeoutMs: ASK_TIMEOUT_MS })
  if (!answer.ok) return { refusal: answer.refusal }
  return {
    logId: answer.logId,
    tokens: {
      accessToken: held.accessToken,
      accessExpiresAtMs: held.accessExpiresAtMs,
      refreshToken: answer.data.refreshToken,
      refreshExpiresAtMs: askedAtMs + seconds(answer.data.expiresInSeconds),
      renewals: held.renewals + 1,
    },
  }
}

const LOST: Record<'reauthorise' | 'revoked' | 'banned', TokenEventKind> = {
  reauthorise: 'reauthorise-needed',
  revoked: 'revoked',
  banned: 'banned',
}

function settlementOf(
  step: 'refresh' | 'renew',
  asked: Asked,
  { held }: Claim,
  nowMs: number,
  backoff: { baseMs: number; capMs: number },
): { result: Settlement; event: TokenEvent } {
  if ('tokens' in asked) {
    const kind = step === 'renew' ? 'renewed' : 'refreshed'
    const detail = step === 'renew' ? `renewal ${asked.tokens.renewals}` : ''
    return { result: { tokens: asked.tokens }, event: { kind, atMs: nowMs, logId: asked.logId, detail } }
  }
  const { refusal } = asked
  const waitMs = 100 + fullJitterMs(held.attempts, backoff)
  const after: AfterRefusal = afterRefusal(step, refusal, held, nowMs, waitMs)
  const event = (kind: TokenEventKind): TokenEvent => ({
    kind,
    atMs: nowMs,
    code: refusal.code,
    logId: refusal.logId,
    detail: `${step}: ${refusal.description || refusal.en}`.slice(0, 300),
  })
  switch (after.next) {
    case 'lost':
      return { result: { lost: after.reason, code: refusal.code }, event: event(LOST[after.reason]) }
    case 'no-renewals':
      return { result: { renewable: false }, event: event('refused') }
    case 'retry':
      return { result: { retryAtMs: nowMs + after.afterMs }, event: event('retry-scheduled') }
  }
}

const SENTENCES: Partial<Record<Held['status'], string>> = {
  reauthorise: 'This account must be authorised again',
  revoked: 'The user took the authorisation back',
  banned: 'The platform banned this account or app',
  disconnected: 'This account was disconnected',
}

const lostFault = ({ status, accountId }: Pick<Held, 'status' | 'accountId'>): Fault =>
  fault('denied', `open-platform/${status}`, SENTENCES[status] ?? 'This account cannot be called', {
    cure: `Authorise account ${accountId} again on the page of accounts.`,
  })

const notYet = (retryAfterMs: number) =>
  fault(
    'unavailable',
    'open-platform/no-token-yet',
    'The token is being refreshed; nothing is lost, try again soon',
    {
      retryAfterMs: Math.max(retryAfterMs, 1_000),
    },
  )

/** The answer, or `unavailable` when the caller's time is over first. */
async function before<T>(answer: Promise<T>, deadlineMs: number, clock: Clock): Promise<T> {
  const done = new AbortController()
  const late = clock.sleep(Math.max(0, deadlineMs - clock.now()), done.signal).then(() => {
    if (!done.signal.aborted) throw notYet(0)
    return answer
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    done.abort()
  }
}
