import { allScopes } from '#sandbox/douyin/platform.ts'
import type { Sandbox } from './sandbox.ts'

export type Tokens = {
  access_token: string
  refresh_token: string
  open_id: string
  expires_in: number | string
}
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the platform says
export type Answer = { status: number; headers: Headers; json: any }

/** The plainest client there is, for the sandbox's own tests: no retries, no types, no patience. */
export function visitor(sandbox: Sandbox) {
  const { url, clientKey, clientSecret } = sandbox

  async function ask(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
    const reply = await fetch(url + path, { method, redirect: 'manual', ...init })
    const text = await reply.text()
    const json = reply.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text
    return { status: reply.status, headers: reply.headers, json }
  }
  const json = (body: unknown) => ({
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })
  const form = (path: string, fields: Record<string, string>) =>
    ask('POST', path, { body: new URLSearchParams(fields) })
  const query = (path: string, fields: Record<string, string | number>) =>
    `${path}?${new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)]))}`

  /** Consent without a click; gives the code of the redirect. */
  async function consent(openId: string, scopes: readonly string[] = allScopes): Promise<string> {
    const path = query('/platform/oauth/connect/', {
      client_key: clientKey,
      response_type: 'code',
      scope: scopes.join(','),
      redirect_uri: 'http://127.0.0.1/callback',
      state: 's',
      auto: openId,
    })
    const reply = await ask('GET', path)
    return new URL(reply.headers.get('location')!).searchParams.get('code')!
  }
  const exchange = (code: string) =>
    form('/oauth/access_token/', {
      client_key: clientKey,
      client_secret: clientSecret,
      code,
      grant_type: 'authorization_code',
    })
  return {
    ask,
    form,
    consent,
    exchange,
    authorise: async (openId: string, scopes?: readonly string[]): Promise<Tokens> =>
      (await exchange(await consent(openId, scopes))).json.data,
    refresh: (token: string) =>
      form('/oauth/refresh_token/', {
        client_key: clientKey,
        grant_type: 'refresh_token',
        refresh_token: token,
      }),
    renew: (token: string) =>
      form('/oauth/renew_refresh_token/', { client_key: clientKey, refresh_token: token }),
    clientToken: () =>
      ask(
        'POST',
        '/oauth/client_token/',
        json({ client_key: clientKey, client_secret: clientSecret, grant_type: 'client_credential' }),
      ),
    get: (path: string, fields: Record<string, string | number>, token = '') =>
      ask('GET', query(path, fields), { headers: { 'access-token': token } }),
    post: (path: string, fields: Record<string, string>, token: string, body: unknown) =>
      ask('POST', query(path, fields), {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', 'access-token': token },
      }),
    /** The control API. */
    control: async (method: string, path: string, body?: unknown) =>
      (await ask(method, `/_sandbox${path}`, body === undefined ? {} : json(body))).json,
    rows: async (name: string): Promise<Record<string, unknown>[]> =>
      (await (await fetch(`${url}/_sandbox/world/${name}`)).text())
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  }
}
