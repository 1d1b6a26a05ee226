import { setTimeout as wait } from 'node:timers/promises'
import type { Api } from '#kernel/api.ts'
import type { Verbs } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'

interface Account {
  accountId: string
  openId: string
  nickname: string
  status: string
  accessExpiresAtMs: number
  refreshExpiresAtMs: number
  renewals: number
  renewalsLeft: number
  reauthoriseByMs: number
  warnLevel: string
}

interface JsonFlag {
  json?: boolean
}

const ROOM = '/api/open-platform'

const verbs: Verbs = (program, connect) => {
  const accounts = program.command('accounts').description('authorised accounts and their tokens')

  const withApi = async (work: (api: Api) => Promise<void>) => {
    const api = await connect()
    await work(api).finally(() => api.close())
  }

  accounts
    .command('list', { isDefault: true })
    .description('all accounts: status, both clocks, the day to authorise again')
    .option('--status <status>', 'active, retrying, reauthorise, revoked, banned or disconnected')
    .option('--json', 'one JSON object a line')
    .action(({ status, json }: JsonFlag & { status?: string }) =>
      withApi(async (api) => {
        const all = await allAccounts(api, status)
        if (json) for (const account of all) console.log(JSON.stringify(account))
        else printTable(all)
      }),
    )

  accounts
    .command('add')
    .description('prints the consent link and waits until somebody has consented')
    .option('--timeout <seconds>', 'how long to wait', '600')
    .option('--json', 'one JSON object a line')
    .action((options: JsonFlag & { timeout: string }) => withApi((api) => addOne(api, options)))

  accounts
    .command('refresh <id>')
    .description('refreshes its tokens now')
    .option('--json', 'the answer as JSON')
    .action((id: string, { json }: JsonFlag) =>
      withApi(async (api) => {
        const answer = await api.post<{ outcome: string; account: Account }>(
          `${ROOM}/accounts/${encodeURIComponent(id)}/refresh`,
        )
        if (json) console.log(JSON.stringify(answer))
        else
          console.log(
            `${answer.outcome}: ${answer.account.status}, access until ${day(answer.account.accessExpiresAtMs)}`,
          )
        if (answer.outcome === 'failed') process.exitCode = 1
      }),
    )

  accounts
    .command('disconnect <id>')
    .description('forgets its tokens; what was collected stays')
    .option('--json', 'the account as JSON')
    .action((id: string, { json }: JsonFlag) =>
      withApi(async (api) => {
        const account = await api.post<Account>(`${ROOM}/accounts/${encodeURIComponent(id)}/disconnect`)
        console.log(
          json ? JSON.stringify(account) : `${account.nickname || account.openId} is ${account.status}`,
        )
      }),
    )
}

export default verbs

async function allAccounts(api: Api, status?: string): Promise<Account[]> {
  const all: Account[] = []
  for (let cursor: string | undefined; ; ) {
    const { items, next } = await api.get<{ items: Account[]; next: string | null }>(`${ROOM}/accounts`, {
      limit: 500,
      cursor,
      status,
    })
    all.push(...items)
    if (!next) return all
    cursor = next
  }
}

const consentUrl = async (api: Api) => (await api.post<{ url: string }>(`${ROOM}/authorisations`)).url

async function addOne(api: Api, { json, timeout }: JsonFlag & { timeout: string }): Promise<void> {
  const before = new Map((await allAccounts(api)).map((account) => [account.accountId, authorised(account)]))
  const url = await consentUrl(api)
  console.error('Open this link and scan the code with the Douyin app. It works once, for ten minutes:')
  console.log(json ? JSON.stringify({ url }) : url)
  const until = Date.now() + Number(timeout) * 1000
  while (Date.now() < until) {
    const fresh = (await allAccounts(api)).find(
      (account) => before.get(account.accountId) !== authorised(account),
    )
    if (fresh) {
      console.log(
        json ? JSON.stringify(fresh) : `${fresh.nickname || fresh.openId} is connected (${fresh.accountId})`,
      )
      return
    }
    await wait(1_000)
  }
  throw fault('unavailable', 'open-platform/nobody-came', 'Nobody consented in time', {
    cure: 'Run it again for a new link.',
  })
}

const authorised = (account: Account) => (account as Account & { authorisedAtMs: number }).authorisedAtMs
const day = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

function printTable(accounts: readonly Account[]): void {
  if (accounts.length === 0) {
    console.log('No account yet. `doubloon accounts add` prints a link to consent under.')
    return
  }
  const rows = accounts.map((account) => [
    account.accountId,
    account.status,
    day(account.accessExpiresAtMs),
    day(account.refreshExpiresAtMs),
    `${account.renewals}/${account.renewals + account.renewalsLeft}`,
    `${day(account.reauthoriseByMs).slice(0, 10)}${account.warnLevel === 'none' ? '' : ` (${account.warnLevel})`}`,
    account.nickname || account.openId,
  ])
  const table = [
    ['ACCOUNT', 'STATUS', 'ACCESS UNTIL', 'REFRESH UNTIL', 'RENEWED', 'AUTHORISE AGAIN', 'NAME'],
    ...rows,
  ]
  const widths = table[0]!.map((_, i) => Math.max(...table.map((row) => row[i]!.length)))
  for (const row of table)
    console.log(
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
}
