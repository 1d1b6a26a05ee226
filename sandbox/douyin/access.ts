import type { Account } from '#sandbox/world.ts'
import { type Call, parameter } from './envelope.ts'
import type { Platform } from './platform.ts'

/** Current endpoints read the header alone; the old ones read the query; userinfo is seen with every spelling. */
type TokenPlace = 'header' | 'query' | 'any'

export const isRefused = (access: object): access is { code: number } => 'code' in access

/** The account whose token this is, or the platform's code for why not. Counts one call of the scope's quota. */
export function userAccess(
  platform: Platform,
  call: Call,
  scope: string,
  place: TokenPlace = 'header',
): { account: Account } | { code: number } {
  const grant = platform.grants.checkAccess(tokenOf(call, place))
  if (grant === 'unknown') return { code: 2190002 }
  if (grant === 'expired') return { code: 2190008 }
  const openId = parameter(call, 'open_id')
  if (openId === '') return { code: 2100005 }
  if (openId !== grant.openId) return { code: 2190015 }
  if (platform.grants.isBanned(openId)) return { code: 2100009 }
  if (!platform.appScopes.includes(scope)) return { code: 2190004 }
  if (!grant.scopes.includes(scope)) return { code: 2190003 }
  const account = platform.world.accounts.get(openId)
  return account ? spend(platform, call, scope, { account }) : { code: 2190002 }
}

/** The same for the app's own client token. */
export function clientAccess(platform: Platform, call: Call, scope: string): object | { code: number } {
  const state = platform.grants.checkClientToken(tokenOf(call, 'header'))
  if (state === 'unknown') return { code: 2190002 }
  if (state === 'expired') return { code: 2190008 }
  if (!platform.appScopes.includes(scope)) return { code: 2190004 }
  return spend(platform, call, scope, {})
}

function spend<T extends object>(
  platform: Platform,
  call: Call,
  scope: string,
  access: T,
): T | { code: number } {
  const spent = platform.quotas.spend(scope, call.nowMs)
  if (spent) call.spent = spent
  return spent?.used ? { code: 2190001 } : access
}

function tokenOf(call: Call, place: TokenPlace): string {
  const header = String(call.headers['access-token'] ?? '')
  if (place === 'header') return header
  if (place === 'query') return call.query['access_token'] ?? ''
  return header || String(call.headers['access_token'] ?? '') || parameter(call, 'access_token')
}
