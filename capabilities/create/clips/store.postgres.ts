import type { RoomContext } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger } from '#kernel/ledger.ts'
import {
  CLIP_COLUMNS,
  type ClipRow,
  clipFrom,
  DETAIL_COLUMNS,
  JOBS,
  type JobRow,
  jobFrom,
} from './rows.postgres.ts'
import type { Store, Taken } from './store.ts'
import { summaryIn } from './summary.postgres.ts'

const CHANNEL = 'clips'
const moment = (ms: number) => new Date(ms)

/** Jobs and clips in the ledger: the queue survives whatever it survives. */
export function postgresStore(ledger: Ledger, _context: Pick<RoomContext, 'name'>): Store {
  const all = ledger.everywhere
  const wake = () => ledger.notify(CHANNEL).catch(() => {})
  return {
    async add({ workspaceId, jobId, name, digest, text, folder, createdBy, clips }, waitingMax, nowMs) {
      await ledger.within(workspaceId, async (tx) => {
        const [{ count } = { count: 0 }] = await tx.query<{ count: number }>(
          "select count(*)::int as count from clips.clip where state in ('waiting', 'paused')",
        )
        if (count + clips.length > waitingMax) {
          throw fault('limited', 'clips/too-many', `${count} clips wait already; ${waitingMax} may`, {
            retryAfterMs: 60_000,
          })
        }
        await tx.query(
          `insert into clips.job (workspace_id, job_id, name, digest, text, folder, created_by, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)`,
          [workspaceId, jobId, name, digest, text, folder, createdBy, moment(nowMs)],
        )
        await tx.query(
          `insert into clips.clip (workspace_id, job_id, position, name, spec, plan, seconds)
           select $1, $2, row_number() over () - 1, name, spec, plan, seconds
             from unnest($3::text[], $4::jsonb[], $5::jsonb[], $6::float8[]) as t (name, spec, plan, seconds)`,
          [
            workspaceId,
            jobId,
            clips.map((clip) => clip.name),
            clips.map((clip) => JSON.stringify(clip.order)),
            clips.map((clip) => JSON.stringify(clip.plan)),
            clips.map((clip) => clip.seconds),
          ],
        )
        tx.afterCommit(wake)
      })
    },
    unfinished: (workspace, digest) =>
      ledger.within(workspace, async (tx) => {
        const [row] = await tx.query<{ job_id: string }>(
          `select job_id from clips.job j where digest = $1 and exists (select from clips.clip c
             where c.workspace_id = j.workspace_id and c.job_id = j.job_id and c.state in ('waiting', 'running', 'paused'))
           order by job_id desc limit 1`,
          [digest],
        )
        return row?.job_id ?? null
      }),
    jobs: (workspace, { state, q, after, limit }) =>
      ledger.within(workspace, async (tx) => {
        const rows = await tx.query<JobRow>(
          `select * from (${JOBS}) j where ($1::text is null or state = $1) and ($2::text is null or job_id < $2)
             and ($3::text is null or name ilike '%' || $3 || '%') order by job_id desc limit $4`,
          [state ?? null, after ?? null, q ?? null, limit + 1],
        )
        const items = rows.slice(0, limit).map(jobFrom)
        return { items, next: rows.length > limit ? items.at(-1)!.jobId : null }
      }),
    job: (workspace, jobId) =>
      ledger.within(workspace, async (tx) => {
        const [row] = await tx.query<JobRow & { text: string }>(
          `select * from (${JOBS}) j where job_id = $1`,
          [jobId],
        )
        return row ? { ...jobFrom(row), text: row.text } : null
      }),
    clips: (workspace, jobId, { state, after, limit }) =>
      ledger.within(workspace, async (tx) => {
        const rows = await tx.query<ClipRow>(
          `select ${CLIP_COLUMNS} from clips.clip where job_id = $1 and ($2::text is null or state = $2) and position > $3
            order by position limit $4`,
          [jobId, state ?? null, Number(after ?? -1), limit + 1],
        )
        const items = rows.slice(0, limit).map(clipFrom)
        return { items, next: rows.length > limit ? String(items.at(-1)!.position) : null }
      }),
    clip: (workspace, jobId, position) =>
      ledger.within(workspace, async (tx) => {
        const [row] = await tx.query<ClipRow>(
          `select ${DETAIL_COLUMNS} from clips.clip where job_id = $1 and position = $2`,
          [jobId, position],
        )
        return row ? clipFrom(row) : null
      }),
    steer: (workspace, jobId, action, position, nowMs) =>
      ledger.within(workspace, async (tx) => {
        const rows = await tx.query(
          `update clips.clip set ${STEERING[action]}, fence = fence + 1, worker = null, lease_until = null
            where job_id = $1 and ($2::int is null or position = $2) and state = any($3) and $4::timestamptz is not null
            returning 1`,
          [jobId, position, SUITS[action], moment(nowMs)],
        )
        tx.afterCommit(wake)
        return rows.length
      }),
    summary: (workspace, nowMs) => ledger.within(workspace, (tx) => summaryIn(tx, nowMs)),

    async take(worker, nowMs, leaseMs) {
      const [row] = await all.query<{
        workspace_id: WorkspaceId
        job_id: string
        position: number
        name: string
        spec: Taken['order']
        attempts: number
        fence: string
      }>(TAKE, [worker, moment(nowMs), moment(nowMs + leaseMs)], 'clips_take')
      if (!row) return null
      return {
        workspaceId: row.workspace_id,
        jobId: row.job_id,
        position: row.position,
        name: row.name,
        order: row.spec,
        attempt: row.attempts,
        fence: Number(row.fence),
      }
    },
    renew: (taken, { step, share, speed }, nowMs, leaseMs) =>
      mine(taken, 'step = $5, share = $6, speed = $7, lease_until = $8', [
        step,
        share,
        speed,
        moment(nowMs + leaseMs),
      ]),
    async succeed(taken, made, nowMs) {
      const isOurs = await mine(
        taken,
        "state = 'done', share = 1, seconds = $5, ended_at = $6, result = $7, failure = null, lease_until = null",
        [made.durationSeconds, moment(nowMs), JSON.stringify(made)],
      )
      if (!isOurs) return false
      const { workspaceId } = taken
      await all.query(
        `insert into clips.made (workspace_id, key, path, made, made_at) values ($1, $2, $3, $4, $5)
         on conflict (workspace_id, key, path) do update set made = $4, made_at = $5`,
        [workspaceId, made.key, made.path, JSON.stringify(made), moment(nowMs)],
      )
      return true
    },
    fail: (taken, failure, nowMs) =>
      mine(taken, "state = 'failed', ended_at = $5, failure = $6, lease_until = null, speed = null", [
        moment(nowMs),
        JSON.stringify(failure),
      ]),
    async giveBack(taken, notBeforeMs, isAttempt) {
      const isOurs = await mine(
        taken,
        "state = 'waiting', worker = null, lease_until = null, speed = null, not_before = $5, attempts = attempts - $6::int",
        [notBeforeMs === null ? null : moment(notBeforeMs), isAttempt ? 0 : 1],
      )
      void wake()
      return isOurs
    },
    async holders() {
      const rows = await all.query<{ worker: string }>(
        "select distinct worker from clips.clip where state = 'running' and worker is not null",
      )
      return rows.map(({ worker }) => worker)
    },
    async bury(worker, nowMs) {
      await all.query("update clips.clip set lease_until = $2 where state = 'running' and worker = $1", [
        worker,
        moment(nowMs - 1),
      ])
    },
    async remembered(workspace, key, path) {
      const [row] = await all.query<{ made: Awaited<ReturnType<Store['remembered']>> }>(
        'select made from clips.made where workspace_id = $1 and key = $2 and path = $3',
        [workspace, key, path],
      )
      return row?.made ?? null
    },
    forget: (beforeMs) =>
      ledger.across(async (tx) => {
        const gone = await tx.query<{ workspace_id: string; job_id: string; folder: string }>(
          `delete from clips.job j where created_at < $1 and not exists (select from clips.clip c
             where c.workspace_id = j.workspace_id and c.job_id = j.job_id
               and (c.state in ('waiting', 'running', 'paused') or c.ended_at >= $1))
           returning workspace_id, job_id, folder`,
          [moment(beforeMs)],
        )
        await tx.query(
          `delete from clips.clip c using unnest($1::text[], $2::text[]) as gone (workspace_id, job_id)
            where c.workspace_id = gone.workspace_id and c.job_id = gone.job_id`,
          [gone.map((one) => one.workspace_id), gone.map((one) => one.job_id)],
        )
        await tx.query('delete from clips.made where made_at < $1', [moment(beforeMs)])
        return gone.map(({ folder }) => folder)
      }),
    hear: (heard) => ledger.listen(CHANNEL, heard),
  }

  /** Writes only while the clip is in these hands. */
  async function mine(
    { workspaceId, jobId, position, fence }: Taken,
    set: string,
    values: unknown[],
  ): Promise<boolean> {
    const rows = await all.query(
      `update clips.clip set ${set} where workspace_id = $1 and job_id = $2 and position = $3 and fence = $4
          and state = 'running' returning 1`,
      [workspaceId, jobId, position, fence, ...values],
    )
    return rows.length === 1
  }
}

const SUITS = {
  pause: ['waiting', 'running'],
  resume: ['paused'],
  cancel: ['waiting', 'running', 'paused'],
  retry: ['failed', 'cancelled'],
} as const

const AGAIN = "state = 'waiting', share = 0, step = null, speed = null, not_before = null"
const STEERING = {
  pause: "state = 'paused', speed = null",
  resume: AGAIN,
  cancel: "state = 'cancelled', speed = null, ended_at = $4",
  retry: `${AGAIN}, attempts = 0, failure = null, started_at = null, ended_at = null`,
} as const

/** One per job stands at the head of its line; the job with the fewest under way goes first. */
const TAKE = `
  with busy as (select workspace_id, job_id, count(*) as n from clips.clip
                 where state = 'running' and lease_until >= $2 group by 1, 2),
  heads as (select distinct on (workspace_id, job_id) workspace_id, job_id, position from clips.clip
             where (state = 'waiting' and (not_before is null or not_before <= $2)) or (state = 'running' and lease_until < $2)
             order by workspace_id, job_id, position),
  chosen as (select h.* from heads h left join busy b using (workspace_id, job_id)
              order by coalesce(b.n, 0), h.job_id limit 1)
  update clips.clip c set state = 'running', worker = $1, lease_until = $3, fence = c.fence + 1, attempts = c.attempts + 1,
         started_at = coalesce(c.started_at, $2), ended_at = null, step = 'look', share = 0
    from chosen
   where c.workspace_id = chosen.workspace_id and c.job_id = chosen.job_id and c.position = chosen.position
     and (c.state = 'waiting' or (c.state = 'running' and c.lease_until < $2))
  returning c.workspace_id, c.job_id, c.position, c.name, c.spec, c.attempts, c.fence`
