import { api } from '#kernel/api.ts'
import { fault } from '#kernel/fault.ts'
import type { Platform } from './open.ts'
import type { OwnSandbox } from './sandbox.ts'

interface Account {
  openId: string
}

/**
 * Makes the sandbox a world that one can look at: tells it where our webhooks arrive, and authorises each of its
 * accounts that is not there yet, over the same pages and endpoints that a person would use.
 */
export async function connectSandbox(
  { url, key }: Pick<Platform, 'url' | 'key'>,
  sandbox: OwnSandbox,
): Promise<void> {
  const ours = api(url, key)
  await control(sandbox, 'PUT', '/_sandbox/webhooks/target', { url: `${url}/api/open-platform/webhook` })
  const { items } = await ours.get<{ items: Account[] }>('/api/open-platform/accounts', { limit: 500 })
  const known = new Set(items.map((account) => account.openId))
  for (const { openId } of await accountsOf(sandbox)) {
    if (known.has(openId)) continue
    const consent = await ours.post<{ url: string }>('/api/open-platform/authorisations')
    const back = await fetch(`${consent.url}&auto=${encodeURIComponent(openId)}`, { redirect: 'follow' })
    if (!back.ok)
      throw fault('unavailable', 'sandbox/consent', `The sandbox's consent page answered ${back.status}`)
  }
}

async function accountsOf(sandbox: OwnSandbox): Promise<Account[]> {
  const answer = await control(sandbox, 'GET', '/_sandbox/world/accounts')
  const lines = (await answer.text()).split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Account)
}

async function control(sandbox: OwnSandbox, method: string, path: string, body?: object): Promise<Response> {
  const answer = await fetch(sandbox.url + path, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
  })
  if (!answer.ok)
    throw fault('unavailable', 'sandbox/control', `The sandbox answered ${answer.status} to ${path}`)
  return answer
}
