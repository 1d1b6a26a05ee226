import { isRefused, userAccess } from './access.ts'
import { type Call, type Endpoint, type Outcome, parameter } from './envelope.ts'
import { type Grant, lifetimes } from './grants.ts'
import type { Platform } from './platform.ts'

/** The token endpoints and user info. Parameters may come as form, JSON or query. */
export function oauthEndpoints(platform: Platform): Endpoint[] {
  const { grants, clock } = platform
  const post = (path: string, handle: (call: Call) => Outcome): Endpoint => ({
    method: 'POST',
    path,
    family: 'oauth',
    handle,
  })
  const secondsLeft = (untilMs: number) => Math.max(0, Math.ceil((untilMs - clock.now()) / 1000))
  const seconds = (call: Call, name: string, untilMs: number) =>
    platform.drift(`${call.path}/${name}`, secondsLeft(untilMs))

  const tokens = (call: Call, grant: Grant): Outcome => ({
    data: {
      access_token: grant.accessToken,
      expires_in: seconds(call, 'expires_in', grant.accessExpiresAtMs),
      refresh_token: grant.refreshToken,
      refresh_expires_in: seconds(call, 'refresh_expires_in', grant.refreshExpiresAtMs),
      open_id: grant.openId,
      scope: grant.scopes.join(','),
    },
  })

  /** The first thing wrong with a call, in the order a reader would check. */
  function wrong(call: Call, names: string[], grantType?: string): number {
    if (names.some((name) => parameter(call, name) === '')) return 10005
    if (parameter(call, 'client_key') !== platform.clientKey) return 10003
    if (names.includes('client_secret') && parameter(call, 'client_secret') !== platform.clientSecret)
      return 10013
    if (grantType && parameter(call, 'grant_type') !== grantType) return 10002
    return 0
  }

  function accessToken(call: Call): Outcome {
    const code = wrong(call, ['client_key', 'client_secret', 'code', 'grant_type'], 'authorization_code')
    if (code) return { code }
    const grant = grants.exchange(parameter(call, 'code'), parameter(call, 'client_key'))
    if (grant === 'expired') return { code: 10007 }
    if (grant === 'other-app') return { code: 10014 }
    platform.tell({
      event: 'authorize',
      from: grant.openId,
      to: grant.openId,
      content: { scopes: grant.scopes },
      entity: grant.accessToken,
    })
    return tokens(call, grant)
  }

  function refreshToken(call: Call): Outcome {
    const code = wrong(call, ['client_key', 'grant_type', 'refresh_token'], 'refresh_token')
    if (code) return { code }
    const grant = grants.refresh(parameter(call, 'refresh_token'))
    return grant ? tokens(call, grant) : { code: 10010 }
  }

  function renewRefreshToken(call: Call): Outcome {
    const code = wrong(call, ['client_key', 'refresh_token'])
    if (code) return { code }
    const grant = grants.renew(parameter(call, 'refresh_token'))
    if (grant === 'expired') return { code: 10010 }
    if (grant === 'used-up') return { code: 10020 }
    const expiresIn = seconds(call, 'expires_in', grant.refreshExpiresAtMs)
    return { data: { refresh_token: grant.refreshToken, expires_in: expiresIn } }
  }

  function clientToken(call: Call): Outcome {
    const code = wrong(call, ['client_key', 'client_secret', 'grant_type'], 'client_credential')
    if (code) return { code }
    const token = grants.clientToken()
    if (!token) return { code: 10020 }
    const expiresIn = platform.drift(`${call.path}/expires_in`, lifetimes.clientMs / 1000)
    return { data: { access_token: token, expires_in: expiresIn } }
  }

  function userInfo(call: Call): Outcome {
    const access = userAccess(platform, call, 'user_info', 'any')
    if (isRefused(access)) return access
    const { openId, unionId, nickname, avatar, gender, city, province, country } = access.account
    return {
      data: { open_id: openId, union_id: unionId, nickname, avatar, gender, city, province, country },
    }
  }

  return [
    post('/oauth/access_token/', accessToken),
    post('/oauth/refresh_token/', refreshToken),
    post('/oauth/renew_refresh_token/', renewRefreshToken),
    post('/oauth/client_token/', clientToken),
    { ...post('/oauth/userinfo/', userInfo), family: 'a' },
  ]
}
