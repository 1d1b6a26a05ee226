import type { ConnectedAccount, Douyin, DouyinRequest } from '#kernel/douyin.ts'
import { fault, isFault } from '#kernel/fault.ts'
import type { AccountId, WorkspaceId } from '#kernel/id.ts'
import type { Sandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'

const TRIES = 25

/**
 * Douyin straight from a sandbox, for tests and the bench: consent, token, plain fetch, tries again at once.
 * What the open-platform room does with care is left out, so that only this room is looked at.
 */
export async function sandboxDouyin(
  sandbox: Pick<Sandbox, 'url' | 'clientKey' | 'clientSecret'>,
  openIds: readonly string[],
  workspaceId = 'ws_test' as WorkspaceId,
): Promise<Douyin> {
  const { authorise, clientToken } = visitor(sandbox as Sandbox)
  const tokens = new Map<string, string>()
  for (const openId of openIds) tokens.set(openId, (await insist(() => authorise(openId))).access_token)
  const app: string = (await insist(clientToken)).json.data.access_token
  const accounts = openIds.map(
    (openId): ConnectedAccount => ({
      accountId: `acc_${openId}` as AccountId,
      workspaceId,
      openId,
      nickname: openId.slice(0, 4),
      scopes: [],
    }),
  )

  async function send<T>(
    { method, path, query, json }: DouyinRequest,
    token: string,
    openId: string,
    signal?: AbortSignal,
  ): Promise<T> {
    const pairs = Object.entries({ open_id: openId, ...query }).filter(([, value]) => value !== undefined)
    const search = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))
    const reply = await fetch(`${sandbox.url}${path}?${search}`, {
      method,
      headers: { 'access-token': token, ...(json ? { 'content-type': 'application/json' } : {}) },
      ...(json ? { body: JSON.stringify(json) } : {}),
      ...(signal ? { signal } : {}),
    }).catch((cause) => {
      throw fault('unavailable', 'douyin/cut', 'no answer', { cause })
    })
    if (reply.status !== 200) throw fault('unavailable', 'douyin/status', `HTTP ${reply.status}`)
    const { data, extra } = (await reply.json()) as {
      data: { error_code: number | string }
      extra: { logid: string }
    }
    const code = Number(data.error_code)
    const refused = (kind: Parameters<typeof fault>[0], more = {}) =>
      fault(kind, `douyin/${code}`, `code ${code} log id ${extra.logid}`, more)
    if (code === 0) return data as T
    if (code === 2190001) throw refused('limited', { retryAfterMs: 60_000 })
    if ([2190002, 2190003, 2190004, 2190008, 2190015].includes(code)) throw refused('denied')
    if ([2100005, 2190007, 2111003, 2111004].includes(code)) throw refused('invalid')
    throw refused('unavailable')
  }

  return {
    accounts: async () => accounts,
    call: (accountId, request, { signal }) => {
      const openId = accountId.slice('acc_'.length)
      return insist(() => send(request, tokens.get(openId) ?? '', openId, signal), signal)
    },
    callAsApp: (request, { signal }) => insist(() => send(request, app, '', signal), signal),
  }
}

async function insist<T>(ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      const isFinal = isFault(error) && error.kind !== 'unavailable'
      if (isFinal || signal?.aborted || attempt >= TRIES) throw error
    }
  }
}
