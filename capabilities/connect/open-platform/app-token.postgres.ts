import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Sql } from '#kernel/ledger.ts'
import type { Sealed, Vault } from '#kernel/vault.ts'
import { TOKEN_CHANNEL, time } from './account-rows.ts'
import type { TokenEvent } from './open-platform.ts'
import type { Store } from './store.ts'

export const aboutApp = (clientKey: string): string => `app:${clientKey}:client`

type Recorder = (tx: Sql, workspaceId: WorkspaceId, accountId: null, event: TokenEvent) => Promise<void>

/** The part of the store that keeps the app's own token: the same claims and fences as an account's. */
export function appTokens(
  ledger: Ledger,
  vault: Vault,
  record: Recorder,
): Pick<Store, 'appToken' | 'claimAppToken' | 'settleAppToken' | 'discreditAppToken'> {
  const sql = ledger.everywhere
  return {
    async appToken(clientKey) {
      const [row] = await sql.query(
        'select access_token, expires_at, token_fence, next_attempt_at from open_platform.app_token where client_key = $1',
        [clientKey],
      )
      const tokenFence = Number(row?.['token_fence'] ?? 0)
      const accessToken = row?.['access_token'] as Sealed | null | undefined
      return {
        tokenFence,
        nextAttemptAtMs: row?.['next_attempt_at'] ?? null,
        token: accessToken
          ? {
              accessToken: vault.open(accessToken, aboutApp(clientKey)),
              expiresAtMs: row?.['expires_at'],
              tokenFence,
            }
          : null,
      }
    },
    async claimAppToken({ clientKey, tokenFence, nowMs, holdMs }) {
      await sql.query('insert into open_platform.app_token (client_key) values ($1) on conflict do nothing', [
        clientKey,
      ])
      const [row] = await sql.query<{ fence: string; attempts: number }>(
        `update open_platform.app_token set fence = fence + 1, claimed_until = now() + $3 * interval '1 ms'
          where client_key = $1 and token_fence = $2 and (claimed_until is null or claimed_until < now())
            and (next_attempt_at is null or next_attempt_at <= $4)
          returning fence, attempts`,
        [clientKey, tokenFence, holdMs, time(nowMs)],
      )
      return row ? { fence: Number(row.fence), attempts: row.attempts } : null
    },
    settleAppToken: (clientKey, fence, result, event) =>
      ledger.across(async (tx) => {
        const rows = await ('accessToken' in result
          ? tx.query(
              `update open_platform.app_token set access_token = $3, expires_at = $4, token_fence = $2, attempts = 0,
                      next_attempt_at = null, claimed_until = case when fence = $2 then null else claimed_until end
                where client_key = $1 and token_fence < $2 returning 1`,
              [
                clientKey,
                fence,
                vault.seal(result.accessToken, aboutApp(clientKey)),
                time(result.expiresAtMs),
              ],
            )
          : tx.query(
              `update open_platform.app_token set attempts = attempts + 1, next_attempt_at = $3, claimed_until = null
                where client_key = $1 and fence = $2 returning 1`,
              [clientKey, fence, time(result.retryAtMs)],
            ))
        const stands = rows.length > 0
        await record(tx, 'house' as WorkspaceId, null, stands ? event : { ...event, kind: 'fenced-loser' })
        tx.afterCommit(() => void ledger.notify(TOKEN_CHANNEL, clientKey).catch(() => {}))
        return stands
      }),
    async discreditAppToken(clientKey, tokenFence, nowMs) {
      await sql.query(
        'update open_platform.app_token set expires_at = $3 where client_key = $1 and token_fence = $2 and expires_at > $3',
        [clientKey, tokenFence, time(nowMs)],
      )
      await ledger.notify(TOKEN_CHANNEL, clientKey)
    },
  }
}
