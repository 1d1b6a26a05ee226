import { type NewFact, tell } from '#kernel/fact-log.ts'
import { accountLost, accountScopesChanged } from '#kernel/facts/account.ts'
import { webhookReceived } from '#kernel/facts/webhook.ts'
import { type AccountId, HOUSE, type WorkspaceId } from '#kernel/id.ts'
import type { Tx } from '#kernel/ledger.ts'
import { time } from './account-rows.ts'
import type { WebhookState } from './inbox.ts'
import type { Webhook } from './wire.douyin.ts'

export interface WaitingRow {
  id: string
  msg_id: string
  body: string
  received_at: number
}

interface Owner {
  account_id: AccountId
  workspace_id: WorkspaceId
  open_id: string
  status: string
  scopes: string[]
  consent_at: number | null
}

export interface Settled {
  workspaceId: string
  accountId: string | null
  event: string
  fromUserId: string
  toUserId: string
  state: WebhookState
  reason: string | null
}

export interface Effect {
  facts: NewFact[]
  states: Settled[]
  /** Accounts whose row changed. */
  changed: Set<string>
}

const UNREADABLE: Settled = {
  workspaceId: HOUSE,
  accountId: null,
  event: 'unreadable',
  fromUserId: '',
  toUserId: '',
  state: 'failed',
  reason: 'The body is no event that can be read',
}

/** What a batch of webhooks changes and tells, all in the transaction of their new state. */
export async function takeEffect(
  tx: Tx,
  rows: readonly WaitingRow[],
  read: (body: string) => Webhook | null,
  nowMs: number,
): Promise<Effect> {
  const arrived = rows.map((row) => ({ row, webhook: read(row.body) }))
  const openIds = [
    ...new Set(arrived.flatMap(({ webhook }) => [webhook?.toUserId, webhook?.fromUserId]).filter(Boolean)),
  ]
  const owners = await tx.query<Owner>(
    `select account_id, workspace_id, open_id, status, scopes, consent_at from open_platform.account
      where open_id = any($1) and status <> 'disconnected' order by account_id for update`,
    [openIds],
  )
  const byOpenId = new Map(owners.map((owner) => [owner.open_id, owner]))
  const effect: Effect = { facts: [], states: [], changed: new Set() }
  for (const { row, webhook } of arrived) {
    if (!webhook) {
      effect.states.push({ ...UNREADABLE })
      continue
    }
    const { event, fromUserId, toUserId } = webhook
    const owner = byOpenId.get(toUserId) ?? byOpenId.get(fromUserId)
    const about = { event, fromUserId, toUserId, accountId: owner?.account_id ?? null }
    const workspaceId = owner?.workspace_id ?? HOUSE
    const reason = owner ? await changeGrant(tx, effect, owner, webhook, nowMs) : null
    effect.facts.push(
      tell(
        webhookReceived,
        workspaceId,
        { ...about, msgId: row.msg_id, content: webhook.content, receivedAtMs: row.received_at },
        row.received_at,
      ),
    )
    effect.states.push({ ...about, workspaceId, state: 'done', reason })
  }
  return effect
}

/** `authorize` and `unauthorize` change the account; the platform promises no order, so an old one changes nothing. */
async function changeGrant(
  tx: Tx,
  effect: Effect,
  owner: Owner,
  webhook: Webhook,
  nowMs: number,
): Promise<string | null> {
  if (webhook.event !== 'authorize' && webhook.event !== 'unauthorize') return null
  if (webhook.sentAtMs !== null && owner.consent_at !== null && webhook.sentAtMs < owner.consent_at) {
    return 'older than the present consent: changes nothing'
  }
  const told = (webhook.content as { scopes?: unknown } | null)?.scopes
  const scopes = Array.isArray(told) ? told.filter((scope) => typeof scope === 'string') : null
  if (webhook.event === 'authorize') {
    if (!scopes || owner.status === 'revoked') return 'tokens come with the consent itself'
    const all = [...new Set([...owner.scopes, ...scopes])]
    return all.length === owner.scopes.length ? null : keepScopes(tx, effect, owner, all, nowMs)
  }
  const left = scopes ? owner.scopes.filter((scope) => !scopes.includes(scope)) : []
  return left.length > 0 ? keepScopes(tx, effect, owner, left, nowMs) : revoke(tx, effect, owner, nowMs)
}

async function keepScopes(
  tx: Tx,
  effect: Effect,
  owner: Owner,
  scopes: string[],
  nowMs: number,
): Promise<string> {
  const { account_id: accountId, workspace_id: workspaceId, open_id: openId } = owner
  owner.scopes = scopes
  effect.changed.add(accountId)
  await tx.query('update open_platform.account set scopes = $2 where account_id = $1', [accountId, scopes])
  await trail(tx, owner, 'scopes-changed', `now: ${scopes.join(',')}`, nowMs)
  effect.facts.push(tell(accountScopesChanged, workspaceId, { accountId, openId, scopes }, nowMs))
  return 'the scopes of the account changed'
}

async function revoke(tx: Tx, effect: Effect, owner: Owner, nowMs: number): Promise<string | null> {
  if (owner.status === 'revoked') return null
  const { account_id: accountId, workspace_id: workspaceId, open_id: openId } = owner
  owner.status = 'revoked'
  effect.changed.add(accountId)
  // Whoever is refreshing at this moment loses: its fence is behind.
  await tx.query(
    `update open_platform.account set status = 'revoked', fence = fence + 1, token_fence = fence + 1, claimed_until = null,
            next_attempt_at = null where account_id = $1`,
    [accountId],
  )
  await trail(tx, owner, 'revoked', 'unauthorize webhook', nowMs)
  effect.facts.push(
    tell(accountLost, workspaceId, { accountId, openId, reason: 'revoked', code: null }, nowMs),
  )
  return 'the user took the authorisation back'
}

async function trail(tx: Tx, owner: Owner, kind: string, detail: string, nowMs: number): Promise<void> {
  await tx.query(
    'insert into open_platform.token_event (workspace_id, account_id, kind, at, detail) values ($1, $2, $3, $4, $5)',
    [owner.workspace_id, owner.account_id, kind, time(nowMs), detail],
  )
  await tx.query(
    'update open_platform.account set last_event_kind = $2, last_event_at = $3, last_event_detail = $4 where account_id = $1',
    [owner.account_id, kind, time(nowMs), detail],
  )
}
