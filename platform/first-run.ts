import { type Api, api } from '#kernel/api.ts'
import { fault } from '#kernel/fault.ts'

interface Account {
  openId: string
}

/**
 * Makes the sandbox at `sandboxUrl` a world that one can look at: tells it where our webhooks arrive, and authorises
 * each of its accounts that is not there yet, over the same pages and endpoints that a person would use. Answers with
 * how many were new.
 */
export async function connectSandbox(ours: Api, sandboxUrl: string): Promise<number> {
  await control(sandboxUrl, 'PUT', '/_sandbox/webhooks/target', {
    url: `${ours.url}/api/open-platform/webhook`,
  })
  const { items } = await ours.get<{ items: Account[] }>('/api/open-platform/accounts', { limit: 500 })
  const known = new Set(items.map((account) => account.openId))
  const fresh = (await accountsOf(sandboxUrl)).filter(({ openId }) => !known.has(openId))
  for (const { openId } of fresh) {
    const consent = await ours.post<{ url: string }>('/api/open-platform/authorisations')
    const page = await fetch(`${consent.url}&auto=${encodeURIComponent(openId)}`, { redirect: 'manual' })
    const callback = page.headers.get('location')
    const back = callback ? await fetch(callback, { redirect: 'manual' }) : page
    // The callback leads back to the console, and its address says whether an account came of it.
    const landed = new URL(back.headers.get('location') ?? '/', ours.url).searchParams
    if (!landed.has('account')) {
      const reason = landed.get('error') ?? `it answered ${back.status}`
      throw fault(
        'unavailable',
        'sandbox/consent',
        `The sandbox's consent for ${openId} was not taken: ${reason}`,
      )
    }
  }
  return fresh.length
}

/** The same for a platform in this process. */
export const connectOwnSandbox = (
  platform: { url: string; key: string },
  sandbox: { url: string },
): Promise<number> => connectSandbox(api(platform.url, platform.key), sandbox.url)

async function accountsOf(sandboxUrl: string): Promise<Account[]> {
  const answer = await control(sandboxUrl, 'GET', '/_sandbox/world/accounts')
  const lines = (await answer.text()).split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Account)
}

async function control(sandboxUrl: string, method: string, path: string, body?: object): Promise<Response> {
  const answer = await fetch(sandboxUrl + path, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
  }).catch((cause) => {
    throw fault('unavailable', 'sandbox/away', `No sandbox answers at ${sandboxUrl}`, {
      cause,
      cure: 'Start one with `npm run sandbox`, and set DOUYIN_URL to its address.',
    })
  })
  if (!answer.ok)
    throw fault('unavailable', 'sandbox/control', `The sandbox answered ${answer.status} to ${path}`)
  return answer
}
