import { PgBoss } from 'pg-boss'
import type { Clock } from '#kernel/clock.ts'
import { describe } from '#kernel/fault.ts'
import { newId } from '#kernel/id.ts'
import type { JobKind, JobProgress, JobState, Jobs, QueueState } from '#kernel/jobs.ts'
import { type Log, levelOf, spanned } from '#kernel/telemetry.ts'
import type { PostgresLedger } from './ledger.ts'

const POLL_SECONDS = 0.5
/** A worker that has not been heard of for so long is dead; its job goes to another one. */
const HEARTBEAT_SECONDS = 10
const PROGRESS_EVERY_MS = 500
const TIME_ZONE = 'Asia/Shanghai'

// biome-ignore lint/suspicious/noExplicitAny: each kind knows its own input
type AnyKind = JobKind<any>

/** Jobs and schedules by pg-boss, in the ledger: a queue survives everything that the ledger survives. */
export function postgresJobs(ledger: PostgresLedger, clock: Clock, log: Log): Jobs {
  const boss = new PgBoss({
    db: { executeSql: (text, values) => ledger.pool.query(text, values as unknown[]) },
    schema: 'pgboss',
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
  })
  boss.on('error', (error: Error) => log.warn({ reason: error.message }, 'jobs: the database did not answer'))
  const closing = new AbortController()
  const kinds = new Map<string, AnyKind>()
  const atWork = new Set<string>()
  const sql = ledger.everywhere

  const run = async (
    kind: AnyKind,
    job: { id: string; data: unknown; signal: AbortSignal; retryCount?: number },
  ) => {
    const meter = progressMeter(job.id)
    try {
      const work = {
        id: job.id,
        input: job.data,
        attempt: (job.retryCount ?? 0) + 1,
        signal: AbortSignal.any([job.signal, closing.signal]),
        progress: meter.show,
      }
      await spanned(`job ${kind.queue}`, { 'job.id': job.id, 'job.attempt': work.attempt }, () =>
        kind.handle(work),
      )
    } catch (error) {
      const about = { queue: kind.queue, job: job.id }
      // Cut short because we are closing: it is no failure of its own, and goes on at the next start.
      if (closing.signal.aborted) log.info(about, 'a job was cut short')
      else log[levelOf(error)]({ ...about, ...describe(error), err: error }, 'a job failed')
      throw new Error(describe(error).message)
    } finally {
      await meter.flush().catch(() => {})
    }
  }

  const work = async (kind: AnyKind) => {
    if (atWork.has(kind.queue)) return
    atWork.add(kind.queue)
    await boss.work(
      kind.queue,
      {
        batchSize: 1,
        localConcurrency: kind.concurrency ?? 1,
        pollingIntervalSeconds: POLL_SECONDS,
        includeMetadata: true,
      },
      async ([job]) => job && run(kind, job),
    )
  }
  const rest = async (queue: string) => {
    if (atWork.delete(queue)) await boss.offWork(queue, { wait: false })
  }

  /** Another process may have paused or resumed a queue. */
  const followPauses = async () => {
    const paused = new Set(
      (await sql.query<{ name: string }>('select name from platform.queue where paused')).map(
        (row) => row.name,
      ),
    )
    for (const kind of kinds.values()) await (paused.has(kind.queue) ? rest(kind.queue) : work(kind))
  }

  function progressMeter(jobId: string) {
    let last: JobProgress | undefined
    let writtenAtMs = 0
    const flush = async () => {
      if (!last) return
      const { done, total, note } = last
      last = undefined
      writtenAtMs = clock.now()
      await sql.query(
        `insert into platform.job_progress (job_id, done, total, note) values ($1, $2, $3, $4)
         on conflict (job_id) do update set done = $2, total = $3, note = $4, updated_at = now()`,
        [jobId, done, total, note],
      )
    }
    return {
      flush,
      show(progress: JobProgress) {
        last = progress
        if (clock.now() - writtenAtMs >= PROGRESS_EVERY_MS) void flush().catch(() => {})
      },
    }
  }

  return {
    async start(all, shouldRun) {
      await boss.start()
      for (const kind of all as readonly AnyKind[]) {
        kinds.set(kind.queue, kind)
        const options = {
          retryLimit: kind.retries ?? 5,
          retryDelay: 1,
          retryBackoff: true,
          retryDelayMax: 300,
          expireInSeconds: kind.expireSeconds ?? 900,
          heartbeatSeconds: HEARTBEAT_SECONDS,
          deleteAfterSeconds: 7 * 86_400,
        }
        await boss.createQueue(kind.queue, { policy: 'exclusive', ...options })
        await boss.updateQueue(kind.queue, options)
        if (kind.cron) await boss.schedule(kind.queue, kind.cron, null, { tz: TIME_ZONE })
        else await boss.unschedule(kind.queue)
      }
      if (!shouldRun) return
      await followPauses()
      await ledger.listen('jobs', () => void followPauses().catch(() => {}))
    },
    async send(queue, input, { singletonKey = newId('once'), startAfterMs, startedBy } = {}) {
      const id = await boss.send(queue, input, {
        singletonKey,
        ...(startAfterMs ? { startAfter: new Date(startAfterMs) } : {}),
      })
      if (id && startedBy) {
        await sql.query(
          'insert into platform.job_progress (job_id, done, started_by) values ($1, 0, $2) on conflict do nothing',
          [id, startedBy],
        )
      }
      return id
    },
    async queues() {
      const rows = await sql.query<QueueState>(QUEUES)
      return rows
    },
    async list({ queue, states, limit }) {
      return sql.query<JobState>(
        `${JOBS} where j.name not like '\\_\\_pgboss%' and ($1::text is null or j.name = $1)
        and ($2::text[] is null or ${STATE} = any($2)) order by j.created_on desc limit $3`,
        [queue, states, limit],
      )
    },
    async find(id) {
      const [job] = await sql.query<JobState>(`${JOBS} where j.id = $1::uuid`, [id])
      return job ?? null
    },
    async cancel(id) {
      const [job] = await sql.query<{ name: string }>('select name from pgboss.job where id = $1::uuid', [id])
      if (job) await boss.cancel(job.name, id)
    },
    pause: (queue) => setPaused(queue, true),
    resume: (queue) => setPaused(queue, false),
    async retryFailed(queue) {
      const failed = await sql.query<{ id: string }>(
        "select id from pgboss.job where name = $1 and state = 'failed' limit 1000",
        [queue],
      )
      if (failed.length > 0)
        await boss.retry(
          queue,
          failed.map((job) => job.id),
        )
      return failed.length
    },
    async clearFailed(queue) {
      const gone = await sql.query(
        "delete from pgboss.job where name = $1 and state = 'failed' returning id",
        [queue],
      )
      return gone.length
    },
    async close() {
      closing.abort()
      await boss.stop({ graceful: true, timeout: 5_000 })
    },
  }

  async function setPaused(queue: string, paused: boolean) {
    await sql.query(
      'insert into platform.queue (name, paused) values ($1, $2) on conflict (name) do update set paused = $2',
      [queue, paused],
    )
    await ledger.notify('jobs')
    if (kinds.has(queue) && paused) await rest(queue)
  }
}

const STATE = `case when j.state = 'created' and j.start_after > now() then 'delayed' when j.state = 'retry' then 'delayed'
  when j.state = 'created' then 'waiting' else j.state::text end`

const QUEUES = `
  select q.name as queue, coalesce(p.paused, false) as paused,
         count(*) filter (where s.state = 'waiting')::int as waiting, count(*) filter (where s.state = 'active')::int as active,
         count(*) filter (where s.state = 'delayed')::int as delayed, count(*) filter (where s.state = 'failed')::int as failed,
         count(*) filter (where s.state = 'completed')::int as completed
    from pgboss.queue q
    left join platform.queue p on p.name = q.name
    left join lateral (select ${STATE} as state from pgboss.job j where j.name = q.name) s on true
   where q.name not like '\\_\\_pgboss%'
   group by 1, 2 order by 1`

const JOBS = `
  select j.id, j.name as queue, ${STATE} as state, j.retry_count + 1 as attempt, j.started_on as "startedAtMs",
         p.started_by as "startedBy", j.output->>'message' as error,
         case when p.total is not null or p.done > 0
              then json_build_object('done', p.done, 'total', p.total, 'note', p.note) end as progress
    from pgboss.job j left join platform.job_progress p on p.job_id = j.id::text`
