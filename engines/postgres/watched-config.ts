import type { Ledger } from '#kernel/ledger.ts'
import { type ConfigEntries, sameEntries, type WatchedConfig } from '#kernel/watched-config.ts'

const CHANNEL = 'config'
/** Safety net for a change whose notification was lost together with the connection. */
const LOOK_EVERY_MS = 5_000

/** Watched config as rows of the ledger, with its notifications as the bell. */
export function postgresWatchedConfig(ledger: Ledger): WatchedConfig {
  const sql = ledger.everywhere
  const get = async (prefix: string): Promise<ConfigEntries> => {
    const rows = await sql.query<{ key: string; value: string }>(
      'select key, value from platform.config where starts_with(key, $1) order by key',
      [prefix],
    )
    return new Map(rows.map(({ key, value }) => [key, value]))
  }
  return {
    get,
    put: (key, value) =>
      ledger.across(async (tx) => {
        if (value === null) await tx.query('delete from platform.config where key = $1', [key])
        else {
          await tx.query(
            'insert into platform.config (key, value) values ($1, $2) on conflict (key) do update set value = $2',
            [key, value],
          )
        }
        await tx.query('select pg_notify($1, $2)', [CHANNEL, key])
      }),
    async watch(prefix, onChange, signal) {
      let known = await get(prefix)
      onChange(known)
      let looking = Promise.resolve()
      const look = () => {
        looking = looking.then(async () => {
          if (signal.aborted) return
          const now = await get(prefix).catch(() => known)
          if (!sameEntries(known, now) && !signal.aborted) onChange(now)
          known = now
        })
      }
      const forget = await ledger.listen(CHANNEL, (key) => {
        if (key === '' || key.startsWith(prefix)) look()
      })
      const timer = setInterval(look, LOOK_EVERY_MS)
      signal.addEventListener('abort', () => {
        clearInterval(timer)
        forget()
      })
    },
  }
}
