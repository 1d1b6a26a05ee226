import type { Sql } from '#kernel/ledger.ts'
import { CLIP_STATES } from './clips.ts'
import type { Summary } from './store.ts'

const DAY_MS = 86_400_000

/** The numbers of a workspace. */
export async function summaryIn(sql: Sql, nowMs: number): Promise<Summary> {
  const since = new Date(nowMs - DAY_MS)
  const states = await sql.query<{
    state: keyof Summary['counts']
    n: number
    left: number
    speed: number | null
  }>(
    `select state, count(*)::int as n, sum(seconds * (1 - share))::float8 as left, sum(speed)::float8 as speed
       from clips.clip group by state`,
  )
  const [day] = await sql.query<{
    done: number
    ended: number
    seconds: number | null
    worked: number | null
  }>(
    `select count(*) filter (where state = 'done')::int as done, count(*)::int as ended,
            sum(seconds) filter (where state = 'done')::float8 as seconds,
            sum(extract(epoch from ended_at - started_at)) filter (where state = 'done')::float8 as worked
       from clips.clip where ended_at >= $1 and state in ('done', 'failed')`,
    [since],
  )
  const failures = await sql.query<{ code: string; count: number }>(
    `select failure ->> 'code' as code, count(*)::int as count from clips.clip where state = 'failed'
      group by 1 order by 2 desc limit 20`,
  )
  const counts = Object.fromEntries(CLIP_STATES.map((state) => [state, 0])) as Summary['counts']
  for (const { state, n } of states) counts[state] = n
  const open = states.filter(({ state }) => state === 'waiting' || state === 'running')
  const left = open.reduce((sum, one) => sum + one.left, 0)
  const now = states.find(({ state }) => state === 'running')?.speed ?? null
  const { done = 0, ended = 0, seconds = null, worked = null } = day ?? {}
  return {
    counts,
    doneToday: done,
    passedShare: ended > 0 ? done / ended : null,
    speed: seconds && worked ? seconds / worked : null,
    etaSeconds: left === 0 ? 0 : now ? left / now : null,
    failures,
  }
}
