import type { Clock } from '#sandbox/clock.ts'
import { hexOf } from '#sandbox/random.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
export const lifetimes = {
  codeMs: 10 * minuteMs,
  accessMs: 15 * dayMs,
  refreshMs: 30 * dayMs,
  clientMs: 120 * minuteMs,
  clientOverlapMs: 5 * minuteMs,
  renewals: 5,
  clientCallsPerWindow: 500,
  clientWindowMs: 5 * minuteMs,
}

export type Grant = {
  openId: string
  scopes: string[]
  accessToken: string
  accessExpiresAtMs: number
  refreshToken: string
  refreshExpiresAtMs: number
  renewals: number
}
type Code = { openId: string; scopes: string[]; clientKey: string; expiresAtMs: number }
type ClientToken = { token: string; issuedAtMs: number }
type Ended = 'expired' | 'revoked'
/** All that must outlive a restart of the sandbox, so that a product's stored tokens stay good. */
export type GrantState = {
  serial: number
  grants: Grant[]
  ended: [string, Ended][]
  clientTokens: ClientToken[]
  banned: string[]
}
export type Grants = ReturnType<typeof grantBook>

const endedKept = 10_000

/** Who granted what to the app, and which tokens are good. One grant per account; a new consent replaces it. */
export function grantBook(
  seed: number,
  clock: Clock,
  saved?: GrantState,
  changed: (state: GrantState) => void = () => {},
) {
  let serial = saved?.serial ?? 0
  const codes = new Map<string, Code>()
  const grants = new Map((saved?.grants ?? []).map((grant) => [grant.openId, grant]))
  const byAccess = new Map([...grants.values()].map((grant) => [grant.accessToken, grant]))
  const byRefresh = new Map([...grants.values()].map((grant) => [grant.refreshToken, grant]))
  const ended = new Map<string, Ended>(saved?.ended ?? [])
  const banned = new Set(saved?.banned ?? [])
  let clientTokens = saved?.clientTokens ?? []
  let clientCalls: number[] = []

  // The time is part of the name, so a sandbox that forgot its state never issues an old token again.
  const mint = (prefix: string, owner: string) =>
    `${prefix}.${hexOf(`${prefix}/${seed}/${owner}/${clock.now()}/${serial++}`, 40)}`
  const state = (): GrantState => ({
    serial,
    grants: [...grants.values()],
    ended: [...ended],
    clientTokens,
    banned: [...banned],
  })

  function end(grant: Grant, how: Ended) {
    byAccess.delete(grant.accessToken)
    ended.set(grant.accessToken, how)
    if (ended.size > endedKept) ended.delete(ended.keys().next().value!)
  }
  function remove(grant: Grant) {
    end(grant, 'revoked')
    byRefresh.delete(grant.refreshToken)
    grants.delete(grant.openId)
  }
  function freshAccess(grant: Grant) {
    grant.accessToken = mint('act', grant.openId)
    byAccess.set(grant.accessToken, grant)
  }
  const saving = <T>(result: T): T => {
    changed(state())
    return result
  }

  return {
    all: () => [...grants.values()],
    of: (openId: string) => grants.get(openId),
    isBanned: (openId: string) => banned.has(openId),
    issueCode(openId: string, scopes: string[], clientKey: string): string {
      for (const [code, { expiresAtMs }] of codes) if (expiresAtMs <= clock.now()) codes.delete(code)
      const code = mint('code', openId).slice(5)
      codes.set(code, { openId, scopes, clientKey, expiresAtMs: clock.now() + lifetimes.codeMs })
      return code
    },
    /** A code works once, within ten minutes, for the app it was issued to. */
    exchange(code: string, clientKey: string): Grant | 'expired' | 'other-app' {
      const found = codes.get(code)
      if (!found || found.expiresAtMs <= clock.now()) return 'expired'
      if (found.clientKey !== clientKey) return 'other-app'
      codes.delete(code)
      const former = grants.get(found.openId)
      if (former) remove(former)
      const grant: Grant = {
        openId: found.openId,
        scopes: found.scopes,
        accessToken: '',
        accessExpiresAtMs: clock.now() + lifetimes.accessMs,
        refreshToken: mint('rft', found.openId),
        refreshExpiresAtMs: clock.now() + lifetimes.refreshMs,
        renewals: 0,
      }
      freshAccess(grant)
      byRefresh.set(grant.refreshToken, grant)
      grants.set(grant.openId, grant)
      return saving(grant)
    },
    /** Extends a good access token, replaces an expired one; the refresh token's own end stays. */
    refresh(refreshToken: string): Grant | undefined {
      const grant = byRefresh.get(refreshToken)
      if (!grant || grant.refreshExpiresAtMs <= clock.now()) return undefined
      if (grant.accessExpiresAtMs <= clock.now()) {
        end(grant, 'expired')
        freshAccess(grant)
      }
      grant.accessExpiresAtMs = clock.now() + lifetimes.accessMs
      return saving(grant)
    },
    /** A new refresh token with a fresh life, five times per consent. The old one stops working. */
    renew(refreshToken: string): Grant | 'expired' | 'used-up' {
      const grant = byRefresh.get(refreshToken)
      if (!grant || grant.refreshExpiresAtMs <= clock.now()) return 'expired'
      if (grant.renewals >= lifetimes.renewals) return 'used-up'
      byRefresh.delete(refreshToken)
      grant.renewals++
      grant.refreshToken = mint('rft', grant.openId)
      grant.refreshExpiresAtMs = clock.now() + lifetimes.refreshMs
      byRefresh.set(grant.refreshToken, grant)
      return saving(grant)
    },
    /** A new client token, or nothing when asked more than 500 times in five minutes. */
    clientToken(): string | undefined {
      clientCalls = clientCalls.filter((at) => at > clock.now() - lifetimes.clientWindowMs)
      if (clientCalls.length >= lifetimes.clientCallsPerWindow) return undefined
      clientCalls.push(clock.now())
      const token = mint('clt', 'app')
      clientTokens = [{ token, issuedAtMs: clock.now() }, ...clientTokens].slice(0, 2)
      return saving(token)
    },
    /** Only the latest two can be good: the latest for 2 h, the one before for 5 minutes after it was replaced. */
    checkClientToken(token: string): 'good' | 'expired' | 'unknown' {
      const [latest, before] = clientTokens
      const found = clientTokens.find((known) => known.token === token)
      if (!latest || !found) return 'unknown'
      if (found.issuedAtMs + lifetimes.clientMs <= clock.now()) return 'expired'
      if (found === before && latest.issuedAtMs + lifetimes.clientOverlapMs <= clock.now()) return 'unknown'
      return 'good'
    },
    checkAccess(token: string): Grant | 'expired' | 'unknown' {
      const grant = byAccess.get(token)
      if (!grant) return ended.get(token) === 'expired' ? 'expired' : 'unknown'
      return grant.accessExpiresAtMs <= clock.now() ? 'expired' : grant
    },
    /** The user takes back everything, or only some scopes. Gives what was taken. */
    revoke(openId: string, scopes?: string[]): string[] {
      const grant = grants.get(openId)
      if (!grant) return []
      const taken = scopes ?? grant.scopes
      grant.scopes = grant.scopes.filter((scope) => !taken.includes(scope))
      if (!scopes) remove(grant)
      return saving(taken)
    },
    ban(openId: string, on: boolean) {
      if (on) banned.add(openId)
      else banned.delete(openId)
      saving(undefined)
    },
  }
}
