import type { RoomContext } from '#kernel/capability.ts'
import { days, hours } from '#kernel/clock.ts'
import { tell } from '#kernel/fact-log.ts'
import { accountAuthorised, accountLost } from '#kernel/facts/account.ts'
import { type AccountId, newId, type WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Sql, Tx } from '#kernel/ledger.ts'
import type { Sealed } from '#kernel/vault.ts'
import {
  type AccountRow,
  accountFrom,
  TOKEN_CHANNEL,
  type TokenEventRow,
  time,
  tokenEventFrom,
} from './account-rows.ts'
import { aboutApp, appTokens } from './app-token.postgres.ts'
import { type Account, CALLABLE, type TokenEvent } from './open-platform.ts'
import type { FreshTokens, Grant, Held, Settlement, Store } from './store.ts'

const KEEP_EVENTS_MS = days(400)

type Context = Pick<RoomContext, 'vault' | 'factLog' | 'live' | 'audit'>

export function postgresStore(ledger: Ledger, { vault, factLog, live, audit }: Context): Store {
  const sql = ledger.everywhere
  const about = (accountId: string, which: 'access' | 'refresh') => `account:${accountId}:${which}`
  const sealed = (accountId: string, tokens: FreshTokens) => [
    vault.seal(tokens.accessToken, about(accountId, 'access')),
    vault.seal(tokens.refreshToken, about(accountId, 'refresh')),
    time(tokens.accessExpiresAtMs),
    time(tokens.refreshExpiresAtMs),
    tokens.renewals,
  ]
  const heldFrom = (row: AccountRow): Held => ({
    ...accountFrom(row),
    accessToken: row.access_token
      ? vault.open(row.access_token as Sealed, about(row.account_id, 'access'))
      : '',
    refreshToken: row.refresh_token
      ? vault.open(row.refresh_token as Sealed, about(row.account_id, 'refresh'))
      : '',
    tokenFence: Number(row.token_fence),
  })

  /** After the commit everybody who waits or looks hears of it. */
  const announce = (
    tx: Tx,
    account: { workspaceId: WorkspaceId; accountId: string },
    data: Record<string, unknown>,
  ) =>
    tx.afterCommit(() => {
      void ledger.notify(TOKEN_CHANNEL, account.accountId).catch(() => {})
      live.publish(account.workspaceId, { topic: 'open-platform/account', key: account.accountId, data })
    })

  const record = async (tx: Sql, workspaceId: WorkspaceId, accountId: string | null, event: TokenEvent) => {
    const { kind, atMs, code = null, logId = null, detail = '' } = event
    await tx.query(
      'insert into open_platform.token_event (workspace_id, account_id, kind, at, code, log_id, detail) values ($1, $2, $3, $4, $5, $6, $7)',
      [workspaceId, accountId, kind, time(atMs), code, logId, detail],
    )
    if (accountId === null || kind === 'fenced-loser') return
    await tx.query(
      'update open_platform.account set last_event_kind = $2, last_event_at = $3, last_event_detail = $4 where account_id = $1',
      [accountId, kind, time(atMs), detail],
    )
  }

  const tellLost = (
    tx: Tx,
    account: Account,
    reason: 'reauthorise' | 'revoked' | 'banned' | 'disconnected',
    event: TokenEvent,
  ) => {
    const { accountId, openId, workspaceId } = account
    const data = { accountId, openId, reason, code: event.code ?? null }
    return factLog.appendIn(tx, [tell(accountLost, workspaceId, data, event.atMs)])
  }

  return {
    async startAuthorisation({ hash, workspaceId, actor, expiresAtMs }) {
      await sql.query(
        'insert into open_platform.authorisation (state_hash, workspace_id, actor, expires_at) values ($1, $2, $3, $4)',
        [hash, workspaceId, actor, time(expiresAtMs)],
      )
    },
    async takeAuthorisation(hash, nowMs) {
      const [row] = await sql.query<{ workspace_id: WorkspaceId; actor: string; expires_at: number }>(
        'delete from open_platform.authorisation where state_hash = $1 returning workspace_id, actor, expires_at',
        [hash],
      )
      return row && row.expires_at > nowMs ? { workspaceId: row.workspace_id, actor: row.actor } : null
    },

    connect: (grant, nowMs) =>
      ledger.across(async (tx) => {
        const known = await knownAccount(tx, grant)
        const accountId = known?.account_id ?? (newId('acc', nowMs) as AccountId)
        const workspaceId = known?.workspace_id ?? grant.workspaceId
        // A consent is the newest claim of all: whoever is still refreshing the old tokens loses.
        await tx.query(
          `insert into open_platform.account as a
             (account_id, workspace_id, open_id, nickname, avatar_url, scopes, status, access_token, refresh_token,
              access_expires_at, refresh_expires_at, renewals, fence, token_fence, authorised_at, consent_at)
           values ($6, $7, $8, $9, $10, $11, 'active', $1, $2, $3, $4, $5, 1, 1, $12, $13)
           on conflict (account_id) do update set
             nickname = excluded.nickname, avatar_url = excluded.avatar_url, scopes = excluded.scopes, status = 'active',
             access_token = $1, refresh_token = $2, access_expires_at = $3, refresh_expires_at = $4, renewals = $5,
             renewable = true, fence = a.fence + 1, token_fence = a.fence + 1, claimed_until = null, attempts = 0,
             next_attempt_at = null, authorised_at = $12, consent_at = $13`,
          [
            ...sealed(accountId, grant),
            accountId,
            workspaceId,
            grant.openId,
            grant.nickname,
            grant.avatarUrl,
            grant.scopes,
            time(nowMs),
            time(grant.consentAtMs),
          ],
        )
        const detail = known ? 'authorised again' : 'authorised'
        await record(tx, workspaceId, accountId, { kind: 'issued', atMs: nowMs, logId: grant.logId, detail })
        const fact = {
          accountId,
          openId: grant.openId,
          nickname: grant.nickname,
          scopes: grant.scopes,
          isNew: !known,
        }
        await factLog.appendIn(tx, [tell(accountAuthorised, workspaceId, fact, nowMs)])
        announce(tx, { workspaceId, accountId }, { status: 'active' })
        return { accountId, isNew: !known, elsewhere: workspaceId !== grant.workspaceId }
      }),

    async held(accountId) {
      const [row] = await sql.query<AccountRow>('select * from open_platform.account where account_id = $1', [
        accountId,
      ])
      return row ? heldFrom(row) : null
    },

    async claim({ accountId, tokenFence, nowMs, holdMs, force = false }) {
      const [row] = await sql.query<AccountRow>(
        `update open_platform.account set fence = fence + 1, claimed_until = now() + $3 * interval '1 ms'
          where account_id = $1 and token_fence = $2 and refresh_token is not null
            and (claimed_until is null or claimed_until < now())
            and ($5 or (status = any($6) and (next_attempt_at is null or next_attempt_at <= $4)))
          returning *`,
        [accountId, tokenFence, holdMs, time(nowMs), force, CALLABLE],
      )
      return row ? { fence: Number(row.fence), held: heldFrom(row) } : null
    },

    settle: ({ fence, held }, result, event) =>
      ledger.across(async (tx) => {
        const { accountId, workspaceId } = held
        const [set, values] = settlement(result, (tokens) => sealed(accountId, tokens))
        // Tokens stand above tokens of an older claim; a refusal only if the tokens that it is about are still there.
        const stands = 'tokens' in result ? 'token_fence < $2' : `token_fence = ${held.tokenFence}`
        const [row] = await tx.query<AccountRow>(
          `update open_platform.account set ${set},
                  claimed_until = case when fence = $2 then null else claimed_until end
            where account_id = $1 and status <> 'disconnected' and ${stands} returning *`,
          [accountId, fence, ...values],
        )
        if (!row) {
          await record(tx, workspaceId, accountId, {
            ...event,
            kind: 'fenced-loser',
            detail: `dropped: ${event.kind}`,
          })
          return false
        }
        await record(tx, workspaceId, accountId, event)
        if ('lost' in result) await tellLost(tx, held, result.lost, event)
        announce(tx, held, {
          status: row.status,
          accessExpiresAtMs: row.access_expires_at,
          event: event.kind,
        })
        return true
      }),

    async discredit(accountId, tokenFence, nowMs) {
      const rows = await sql.query(
        `update open_platform.account set access_expires_at = $3
          where account_id = $1 and token_fence = $2 and access_expires_at > $3 returning 1`,
        [accountId, tokenFence, time(nowMs)],
      )
      if (rows.length > 0) await ledger.notify(TOKEN_CHANNEL, accountId)
    },

    lose: (accountId, reason, event, by) =>
      ledger.across(async (tx) => {
        const isGone = reason === 'disconnected'
        const [row] = await tx.query<AccountRow>(
          `update open_platform.account set status = $2, fence = fence + 1, token_fence = fence + 1, claimed_until = null,
                  next_attempt_at = null, attempts = 0
                  ${isGone ? ', access_token = null, refresh_token = null' : ''}
            where account_id = $1 and status <> 'disconnected' and status <> $2
              and ($3::text is null or workspace_id = $3) returning *`,
          [accountId, reason, by?.workspaceId ?? null],
        )
        if (!row) return false
        const account = accountFrom(row)
        await record(tx, account.workspaceId, accountId, event)
        await tellLost(tx, account, reason, event)
        if (by) {
          const entry = { action: 'disconnect', subject: `account:${accountId}`, room: 'open-platform' }
          await audit(tx, { ...by, ...entry })
        }
        announce(tx, account, { status: reason })
        return true
      }),

    async due({ nowMs, refreshAheadMs, renewAheadMs, limit }) {
      const rows = await sql.query<AccountRow>(
        `select * from open_platform.account
          where status = any($1) and (next_attempt_at is null or next_attempt_at <= $2)
            and (claimed_until is null or claimed_until < now())
            and (status = 'retrying' or access_expires_at <= $3 or (refresh_expires_at > $2 and refresh_expires_at <= $4))
          order by access_expires_at limit $5`,
        [
          CALLABLE,
          time(nowMs),
          time(nowMs + refreshAheadMs),
          time(nowMs + Math.max(renewAheadMs, refreshAheadMs)),
          limit,
        ],
      )
      return rows.map(accountFrom)
    },

    onChange: (hear) => ledger.listen(TOKEN_CHANNEL, hear),

    ...appTokens(ledger, vault, record),

    async callable() {
      const rows = await sql.query<AccountRow>(
        'select * from open_platform.account where status = any($1) order by account_id',
        [CALLABLE],
      )
      return rows.map(accountFrom)
    },
    list: (workspaceId, { status, expiresWithinDays, q, limit, after }, nowMs) =>
      ledger.within(workspaceId, async (tx) => {
        const until = expiresWithinDays === undefined ? null : time(nowMs + days(expiresWithinDays))
        const rows = await tx.query<AccountRow>(
          `select * from open_platform.account
            where ($1::text is null or status = $1) and ($2::timestamptz is null or access_expires_at <= $2)
              and ($3::text is null or nickname ilike $3 or open_id ilike $3 or account_id ilike $3)
              and ($4::text is null or account_id < $4)
            order by account_id desc limit $5`,
          [status, until, q ? `%${q.replace(/[\\%_]/g, '\\$&')}%` : null, after, limit],
        )
        return rows.map(accountFrom)
      }),
    find: (workspaceId, accountId) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query<AccountRow>(
          'select * from open_platform.account where account_id = $1',
          [accountId],
        )
        return row ? accountFrom(row) : null
      }),
    events: (workspaceId, accountId, { limit, before }) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query<TokenEventRow>(
          `select id, kind, at, code, log_id, detail from open_platform.token_event
            where account_id = $1 and ($2::bigint is null or id < $2) order by id desc limit $3`,
          [accountId, before, limit],
        )
        return rows.map(tokenEventFrom)
      }),
    summary: (workspaceId, nowMs) =>
      ledger.within(workspaceId, async (tx) => {
        const [accounts] = await tx.query<{ total: number }>(
          "select count(*)::int as total from open_platform.account where status <> 'disconnected'",
        )
        const [refresh] = await tx.query<{ ok: number; tried: number }>(
          `select count(*) filter (where kind in ('refreshed', 'renewed'))::int as ok, count(*)::int as tried
             from open_platform.token_event
            where at > $1 and account_id is not null
              and kind in ('refreshed', 'renewed', 'refused', 'retry-scheduled', 'reauthorise-needed')`,
          [time(nowMs - hours(24))],
        )
        return { total: accounts!.total, refresh: refresh! }
      }),

    async prune(nowMs) {
      await sql.query('delete from open_platform.authorisation where expires_at < $1', [time(nowMs)])
      await sql.query('delete from open_platform.token_event where at < $1', [time(nowMs - KEEP_EVENTS_MS)])
    },
    async reseal() {
      let resealed = 0
      const rows = await sql.query<AccountRow>(
        'select * from open_platform.account where access_token is not null',
      )
      for (const row of rows.filter((row) => vault.isStale(row.access_token as Sealed))) {
        const { accessToken, refreshToken } = heldFrom(row)
        const fresh = [
          vault.seal(accessToken, about(row.account_id, 'access')),
          vault.seal(refreshToken, about(row.account_id, 'refresh')),
        ]
        // Only where the tokens are still the ones that were opened.
        const done = await sql.query(
          `update open_platform.account set access_token = $3, refresh_token = $4
            where account_id = $1 and token_fence = $2 and access_token = $5 returning 1`,
          [row.account_id, row.token_fence, ...fresh, row.access_token],
        )
        resealed += done.length * 2
      }
      const apps = await sql.query(
        'select client_key, access_token from open_platform.app_token where access_token is not null',
      )
      for (const { client_key, access_token } of apps.filter(({ access_token }) =>
        vault.isStale(access_token),
      )) {
        const fresh = vault.seal(vault.open(access_token, aboutApp(client_key)), aboutApp(client_key))
        const done = await sql.query(
          'update open_platform.app_token set access_token = $2 where client_key = $1 and access_token = $3 returning 1',
          [client_key, fresh, access_token],
        )
        resealed += done.length
      }
      return resealed
    },
  }
}

/** The row of this open id that is to be used: the live one, wherever it is, or a former one of this workspace. */
async function knownAccount(tx: Tx, { openId, workspaceId }: Grant) {
  // Two consents of one person at once: one after the other.
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [openId])
  const [row] = await tx.query<AccountRow>(
    `select * from open_platform.account where open_id = $1 and (status <> 'disconnected' or workspace_id = $2)
      order by status = 'disconnected' limit 1 for update`,
    [openId, workspaceId],
  )
  return row
}

/** `set` clause and its values, counted from $3. */
function settlement(result: Settlement, sealed: (tokens: FreshTokens) => unknown[]): [string, unknown[]] {
  if ('tokens' in result) {
    return [
      `access_token = $3, refresh_token = $4, access_expires_at = $5, refresh_expires_at = $6, renewals = $7,
       token_fence = $2, status = 'active', attempts = 0, next_attempt_at = null`,
      sealed(result.tokens),
    ]
  }
  if ('retryAtMs' in result) {
    return [
      `status = case when status = any('{active,retrying}') then 'retrying' else status end,
       attempts = attempts + 1, next_attempt_at = $3`,
      [time(result.retryAtMs)],
    ]
  }
  if ('lost' in result) return ['status = $3, attempts = 0, next_attempt_at = null', [result.lost]]
  return ['renewable = false', []]
}
