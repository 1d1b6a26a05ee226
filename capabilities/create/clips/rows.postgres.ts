import { CLIP_STATES, type ClipState, jobStateOf } from './clips.ts'
import type { ClipView, JobView } from './store.ts'

export interface ClipRow {
  position: number
  name: string
  state: ClipState
  spec: ClipView['order']
  plan: ClipView['plan']
  seconds: number
  step: ClipView['step']
  share: number
  speed: number | null
  attempts: number
  worker: string | null
  started_at: number | null
  ended_at: number | null
  failure: ClipView['failure']
  result: ClipView['result']
}

const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`

const columns = (
  result: string,
) => `position, name, state, spec, plan, seconds, step, share, speed, attempts, worker,
  ${ms('started_at')} as started_at, ${ms('ended_at')} as ended_at, failure, ${result} as result`

/** A list of clips has no need of the paths of their crops. */
export const CLIP_COLUMNS = columns("result - 'track'")
export const DETAIL_COLUMNS = columns('result')

export const clipFrom = ({ spec, started_at, ended_at, ...row }: ClipRow): ClipView => ({
  ...row,
  source: spec.source,
  output: spec.output,
  order: spec,
  startedAtMs: started_at,
  endedAtMs: ended_at,
})

export interface JobRow extends Record<ClipState, number> {
  job_id: string
  name: string
  folder: string
  created_by: string
  created_at: number
  started_at: number | null
  ended_at: number | null
  total_seconds: number
  done_seconds: number
  speed: number | null
  pace: number | null
}

const counted = CLIP_STATES.map(
  (state) => `count(*) filter (where state = '${state}')::int as ${state}`,
).join(', ')

/**
 * Jobs with what their clips add up to. The state is that of `jobStateOf`, once more in SQL so that one can ask for it.
 * `pace` is what clips of this job that are done have run at, side by side: for the time left while nothing runs yet.
 */
export const JOBS = `
  select j.workspace_id, j.job_id, j.name, j.text, j.folder, j.created_by, ${ms('j.created_at')} as created_at, c.*,
         case when c.running > 0 or (c.waiting > 0 and c.done + c.failed > 0) then 'running' when c.waiting > 0 then 'waiting'
              when c.paused > 0 then 'paused' when c.failed > 0 then 'failed' when c.cancelled > 0 then 'cancelled'
              else 'done' end as state
    from clips.job j cross join lateral (
      select ${counted},
             ${ms('min(started_at)')} as started_at,
             case when count(*) filter (where state in ('waiting', 'running', 'paused')) = 0 then ${ms('max(ended_at)')} end as ended_at,
             coalesce(sum(seconds) filter (where state <> 'cancelled'), 0)::float8 as total_seconds,
             coalesce(sum(case when state = 'done' or state = 'failed' then seconds when state = 'running' and step = 'check' then seconds when state = 'running' and step = 'render'
                               then seconds * share else 0 end), 0)::float8 as done_seconds,
             sum(speed) filter (where state = 'running')::float8 as speed,
             (sum(seconds) filter (where state = 'done')
               / nullif(extract(epoch from max(ended_at) - min(started_at)), 0))::float8 as pace
        from clips.clip c where c.workspace_id = j.workspace_id and c.job_id = j.job_id) c`

export function jobFrom(row: JobRow): JobView {
  const counts = Object.fromEntries(CLIP_STATES.map((state) => [state, row[state]])) as JobView['counts']
  const rate = row.speed ?? row.pace
  const left = row.total_seconds - row.done_seconds
  const isOver = row.ended_at !== null
  return {
    jobId: row.job_id,
    name: row.name,
    state: jobStateOf(counts),
    folder: row.folder,
    createdBy: row.created_by,
    createdAtMs: row.created_at,
    startedAtMs: row.started_at,
    endedAtMs: row.ended_at,
    counts,
    totalSeconds: row.total_seconds,
    doneSeconds: Math.min(row.total_seconds, row.done_seconds),
    speed: row.speed,
    etaSeconds: isOver ? 0 : rate && rate > 0 ? Math.max(0, left / rate) : null,
  }
}
