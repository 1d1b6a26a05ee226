import { fault } from '#kernel/fault.ts'

export interface SandboxConnection {
  /** Of the sandbox, where its control API answers too. */
  url: string
  /** A fresh consent link for each account: `POST /api/open-platform/authorisations`. */
  consentUrl(): Promise<string>
  /** Open ids that are connected already. */
  known?: ReadonlySet<string>
  onConnected?(account: { openId: string; accountId: string }): void
}

/**
 * Authorises every account of a sandbox's world over the same pages that a person would use, approving by its `auto`
 * parameter. Returns how many were connected. Faults: `unavailable` when the sandbox or we refuse.
 */
export async function connectSandboxAccounts(connection: SandboxConnection): Promise<number> {
  const { url, consentUrl, known = new Set(), onConnected = () => {} } = connection
  const world = await fetch(`${url}/_sandbox/world/accounts`)
  if (!world.ok) throw refused(`The sandbox answered ${world.status} when asked for its accounts`)
  const lines = (await world.text()).split('\n').filter(Boolean)
  const openIds = lines.map((line) => (JSON.parse(line) as { openId: string }).openId)
  let connected = 0
  for (const openId of openIds.filter((openId) => !known.has(openId))) {
    const accountId = await approve(await consentUrl(), openId)
    connected += 1
    onConnected({ openId, accountId })
  }
  return connected
}

async function approve(consentUrl: string, openId: string): Promise<string> {
  const consented = await fetch(`${consentUrl}&auto=${encodeURIComponent(openId)}`, { redirect: 'manual' })
  const callback = consented.headers.get('location')
  if (!callback) throw refused(`The consent page answered ${consented.status}`)
  const back = await fetch(callback, { redirect: 'manual' })
  const target = new URL(back.headers.get('location') ?? '/', callback)
  const accountId = target.searchParams.get('account')
  if (!accountId)
    throw refused(`The consent was not taken (${target.searchParams.get('error') ?? back.status})`)
  return accountId
}

const refused = (message: string) => fault('unavailable', 'open-platform/sandbox-consent', message)
