import { type Api, api } from '#kernel/api.ts'
import type { ConnectSandbox } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'

interface Account {
  openId: string
}

/** Tells the sandbox where our webhooks arrive, and authorises each of its accounts over the pages a person would use. */
const connectSandbox: ConnectSandbox = async (ours, sandboxUrl) => {
  const sandbox = api(sandboxUrl, '')
  await sandbox.put('/_sandbox/webhooks/target', { url: `${ours.url}/api/open-platform/webhook` })
  const { items } = await ours.get<{ items: Account[] }>('/api/open-platform/accounts', { limit: 500 })
  const known = new Set(items.map((account) => account.openId))
  let fresh = 0
  for await (const line of sandbox.lines('/_sandbox/world/accounts')) {
    const { openId } = JSON.parse(line) as Account
    if (known.has(openId)) continue
    await authorise(ours, openId)
    fresh += 1
  }
  return fresh
}

async function authorise(ours: Api, openId: string): Promise<void> {
  const consent = await ours.post<{ url: string }>('/api/open-platform/authorisations')
  const page = await fetch(`${consent.url}&auto=${encodeURIComponent(openId)}`, { redirect: 'manual' })
  const callback = page.headers.get('location')
  const back = callback ? await fetch(callback, { redirect: 'manual' }) : page
  // The callback leads back to the console, and its address says whether an account came of it.
  const landed = new URL(back.headers.get('location') ?? '/', ours.url).searchParams
  if (landed.has('account')) return
  const reason = landed.get('error') ?? `it answered ${back.status}`
  throw fault(
    'unavailable',
    'sandbox/consent',
    `The sandbox's consent for ${openId} was not taken: ${reason}`,
  )
}

export default connectSandbox
