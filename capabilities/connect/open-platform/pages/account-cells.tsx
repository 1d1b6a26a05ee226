import { codes, words } from '#capabilities/connect/open-platform/words.ts'
import { num, percent } from '#console/format.ts'
import { Status, type Tone } from '#console/parts/status.tsx'
import { When } from '#console/parts/values.tsx'
import { fill, type Language, useWords } from '#console/words.ts'

export type AccountStatus = 'active' | 'retrying' | 'reauthorise' | 'revoked' | 'banned' | 'disconnected'

/** An account as `/api/open-platform/accounts` answers it. */
export type Account = {
  accountId: string
  openId: string
  nickname: string
  scopes: string[]
  status: AccountStatus
  accessExpiresAtMs: number
  refreshExpiresAtMs: number
  renewals: number
  renewalsLeft: number
  renewalsMax: number
  reauthoriseByMs: number
  warnLevel: 'none' | 'notice' | 'warning' | 'urgent'
  attempts: number
  nextAttemptAtMs: number | null
  lastEvent: { kind: string; atMs: number; detail: string } | null
  authorisedAtMs: number
}

export const statuses: Record<AccountStatus, Tone> = {
  active: 'success',
  retrying: 'warning',
  reauthorise: 'error',
  revoked: 'error',
  banned: 'error',
  disconnected: 'neutral',
}

export const isCallable = ({ status }: Account) => status === 'active' || status === 'retrying'

export function AccountState({ account }: { account: Account }) {
  const w = useWords(words)
  return <Status tone={statuses[account.status] ?? 'neutral'}>{w[account.status] ?? account.status}</Status>
}

export const warnTones: Record<Account['warnLevel'], Tone> = {
  none: 'neutral',
  notice: 'info',
  warning: 'warning',
  urgent: 'error',
}

/** A moment at which something ends, in the colour of how near it is. */
export function Ends({ account, at }: { account: Account; at: number }) {
  if (!isCallable(account) || !at) return <span className="d-muted">—</span>
  const ink = { none: '', notice: '', warning: 'd-ink-warning', urgent: 'd-ink-error' }[account.warnLevel]
  return (
    <span className={ink}>
      <When at={at} />
    </span>
  )
}

const eventTones: Record<string, Tone> = {
  issued: 'success',
  refreshed: 'success',
  renewed: 'success',
  'fenced-loser': 'neutral',
  'scopes-changed': 'info',
  'retry-scheduled': 'warning',
  disconnected: 'neutral',
}
export const eventTone = (kind: string): Tone => eventTones[kind] ?? 'error'

export const eventName = (w: Record<string, string>, kind: string) => w[`e-${kind}`] ?? w[kind] ?? kind

/** A platform code in words; an unknown one stays a number, so that it can be quoted to the platform. */
export const codeText = (code: number | null, language: Language) => {
  if (code === null) return ''
  const known = codes[String(code)]
  return known ? `${code} ${known[language]}` : String(code)
}

export const Renewals = ({ account }: { account: Account }) => {
  const w = useWords(words)
  const none = account.renewalsLeft === 0
  return (
    <span className={none ? 'd-ink-warning' : undefined} title={none ? w.noRenewals : undefined}>
      {num(account.renewals)} / {num(account.renewalsMax)}
    </span>
  )
}

export const rate = (ok: number, tried: number) => (tried ? percent(ok / tried) : '—')

/** Why an account is not well, in a sentence. */
export function Trouble({ account }: { account: Account }) {
  const w = useWords(words)
  if (account.status === 'retrying')
    return (
      <div className="d-quote d-tone-warning">
        {fill(w.retryingSays, { n: account.attempts })} <When at={account.nextAttemptAtMs} />
      </div>
    )
  if (account.status === 'active') return null
  const said = account.status === 'reauthorise' ? w.reauthoriseSays : w[account.status]
  return <div className={`d-quote d-tone-${statuses[account.status]}`}>{said}</div>
}
