import type { RoomContext } from '#kernel/capability.ts'
import { type AccountId, HOUSE, newId, type WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Sql } from '#kernel/ledger.ts'
import {
  ACCOUNT_SOURCES,
  type Account,
  type Failure,
  HOUSE_ACCOUNT,
  type Run,
  type SourceName,
} from './collector.ts'
import { moment, PASS_COLUMNS, type PassRow, passFrom } from './pass.postgres.ts'
import type { Ending, RunAsk, Schedule } from './schedule.ts'

interface RunRow {
  run_id: string
  workspace_id: WorkspaceId
  account_id: AccountId
  sources: SourceName[]
  is_scheduled: boolean
  since_at: number | null
  created_at: number
}

type SourceRow = PassRow & { newest_at: number | null }

const RUN_COLUMNS = 'run_id, workspace_id, account_id, sources, is_scheduled, since_at, created_at'

/** The schedule in the ledger. Background work: sees all workspaces and names the one it means. */
export function postgresSchedule(ledger: Ledger, _context: Pick<RoomContext, 'name'>): Schedule {
  const all = ledger.everywhere
  return {
    noteAccounts: (accounts, nowMs) =>
      ledger.across(async (tx) => {
        const house: Account = { workspaceId: HOUSE, accountId: HOUSE_ACCOUNT, openId: '', nickname: '' }
        await keepAccounts(tx, [house, ...accounts], nowMs)
        await keepSources(tx, [house], ['hot-list'], nowMs)
        await keepSources(tx, accounts, ACCOUNT_SOURCES, nowMs)
      }),
    accounts: (workspaceId) =>
      all.query<Account>(`${ACCOUNTS} where workspace_id = $1 and account_id <> $2 order by account_id`, [
        workspaceId,
        HOUSE_ACCOUNT,
      ]),
    byOpenId: (openId) => all.query<Account>(`${ACCOUNTS} where open_id = $1`, [openId]),
    due: (nowMs, limit) =>
      all.query(
        `select workspace_id as "workspaceId", account_id as "accountId", array_agg(source order by source) as sources
           from collector.source s
          where next_plan_at <= $1 and state <> 'paused'
            and exists (select from collector.account a where a.workspace_id = s.workspace_id and a.account_id = s.account_id
                         and a.seen_at >= $1::timestamptz - interval '1 minute')
            and not exists (select from collector.run r where r.workspace_id = s.workspace_id
                             and r.account_id = s.account_id and r.state in ('waiting', 'running'))
          group by 1, 2 order by min(next_plan_at) limit $2`,
        [moment(nowMs), limit],
      ),
    async hurry(workspaceId, accountId, source, atMs) {
      await all.query(
        `update collector.source set next_plan_at = least(next_plan_at, $4)
          where workspace_id = $1 and account_id = $2 and source = $3`,
        [workspaceId, accountId, source, moment(atMs)],
      )
    },
    openRun: (ask, nowMs) => ledger.across((tx) => openRun(tx, ask, nowMs)),
    unended: (limit) =>
      all.query(
        `select run_id as "runId", workspace_id as "workspaceId", account_id as "accountId"
           from collector.run where state in ('waiting', 'running') order by run_id limit $1`,
        [limit],
      ),
    async takeRun(runId, nowMs) {
      const [row] = await all.query<RunRow>(
        `update collector.run set state = 'running', started_at = coalesce(started_at, $2)
          where run_id = $1 and state in ('waiting', 'running') returning ${RUN_COLUMNS}`,
        [runId, moment(nowMs)],
      )
      return row ? runFrom(row) : null
    },
    async endRun({ workspaceId, runId }, nowMs) {
      await all.query(
        `update collector.run set ended_at = $3, total = done, state = case when failures = '[]' then 'done' else 'failed' end
          where workspace_id = $1 and run_id = $2 and state = 'running'`,
        [workspaceId, runId, moment(nowMs)],
      )
    },
    async forgetRuns(beforeMs) {
      await all.query('delete from collector.run where ended_at < $1', [moment(beforeMs)])
    },
    openSource: ({ workspaceId, accountId, runId }, source) =>
      ledger.across(async (tx) => {
        const [row] = await tx.query<SourceRow & { failures: number }>(
          `update collector.source set state = 'running'
            where workspace_id = $1 and account_id = $2 and source = $3 and state <> 'paused'
            returning ${PASS_COLUMNS}, newest_at, failures`,
          [workspaceId, accountId, source],
        )
        if (!row) return null
        await noteCursor(tx, workspaceId, runId, source, 'before', cursorText(row))
        return { ...passFrom(row), failures: row.failures }
      }),
    endSource: (run, source, ending, nowMs) =>
      ledger.across((tx) => endSource(tx, run, source, ending, nowMs)),
    noteFailure: (run, failure) => noteFailure(all, run, failure),
    async addWork({ workspaceId, runId }, steps) {
      await all.query(
        `update collector.run set total = greatest(coalesce(total, 0), done) + $3 where workspace_id = $1 and run_id = $2`,
        [workspaceId, runId, steps],
      )
    },
    async progress(runId) {
      const [row] = await all.query<{ done: string; total: string | null; rows_new: string }>(
        'select done, total, rows_new from collector.run where run_id = $1',
        [runId],
      )
      if (!row) return null
      return {
        done: Number(row.done),
        total: row.total === null ? null : Number(row.total),
        rowsNew: Number(row.rows_new),
      }
    },
    steer: ({ workspaceId, accountId, source, action, nowMs }) =>
      ledger.across(async (tx) => {
        const rows = await tx.query(
          `update collector.source set ${STEERING[action]} where workspace_id = $1 and account_id = $2 and source = $3 ${
            action === 'pause' ? 'and $4::timestamptz is not null' : ''
          } returning 1`,
          [workspaceId, accountId, source, moment(nowMs)],
        )
        if (action === 'restart' && source === 'comments') {
          await tx.query(
            `update collector.thread set ${FORGET_WALK}, done_run = null where workspace_id = $1 and account_id = $2`,
            [workspaceId, accountId],
          )
        }
        return rows.length > 0
      }),
  }
}

const ACCOUNTS = `select workspace_id as "workspaceId", account_id as "accountId", open_id as "openId", nickname from collector.account`
const FORGET_WALK =
  'revision = revision + 1, pass = null, pass_at = null, cursor = null, head_at = null, until_at = null, settled_at = null, full_at = null'
const STEERING = {
  pause: `state = 'paused'`,
  resume: `state = 'idle', failures = 0, failure = null, quota_until = null, next_plan_at = $4`,
  restart: `state = 'idle', failures = 0, failure = null, quota_until = null, next_plan_at = $4, ${FORGET_WALK}`,
}

async function keepAccounts(tx: Sql, accounts: readonly Account[], nowMs: number): Promise<void> {
  await tx.query(
    `insert into collector.account as a (workspace_id, account_id, open_id, nickname, seen_at)
     select *, $5 from unnest($1::text[], $2::text[], $3::text[], $4::text[])
     on conflict (workspace_id, account_id) do update set open_id = excluded.open_id, nickname = excluded.nickname, seen_at = excluded.seen_at`,
    [
      accounts.map((one) => one.workspaceId),
      accounts.map((one) => one.accountId),
      accounts.map((one) => one.openId),
      accounts.map((one) => one.nickname),
      moment(nowMs),
    ],
  )
}

async function keepSources(
  tx: Sql,
  accounts: readonly Account[],
  sources: readonly SourceName[],
  nowMs: number,
): Promise<void> {
  const pairs = accounts.flatMap((account) => sources.map((source) => ({ ...account, source })))
  await tx.query(
    `insert into collector.source (workspace_id, account_id, source, next_plan_at)
     select *, $4 from unnest($1::text[], $2::text[], $3::text[]) on conflict do nothing`,
    [
      pairs.map((one) => one.workspaceId),
      pairs.map((one) => one.accountId),
      pairs.map((one) => one.source),
      moment(nowMs),
    ],
  )
}

async function openRun(tx: Sql, ask: RunAsk, nowMs: number): Promise<{ runId: string; isNew: boolean }> {
  const [row] = await tx.query<{ run_id: string; is_new: boolean }>(
    `insert into collector.run as r (workspace_id, run_id, account_id, sources, is_scheduled, since_at, started_by, created_at)
     select $1, $2, $3, $4, $5, $6, $7, $8
      where not ($5 and exists (select from collector.run where workspace_id = $1 and account_id = $3 and state in ('waiting', 'running')))
     on conflict (workspace_id, account_id) where state = 'waiting' do update set
       sources = (select array_agg(distinct source) from unnest(r.sources || excluded.sources) as source),
       is_scheduled = r.is_scheduled and excluded.is_scheduled, since_at = least(r.since_at, excluded.since_at),
       started_by = coalesce(excluded.started_by, r.started_by)
     returning run_id, (xmax = 0) as is_new`,
    [
      ask.workspaceId,
      newId('run', nowMs),
      ask.accountId,
      ask.sources,
      ask.isScheduled,
      moment(ask.sinceMs),
      ask.startedBy,
      moment(nowMs),
    ],
  )
  if (row) return { runId: row.run_id, isNew: row.is_new }
  const [there] = await tx.query<{ run_id: string }>(
    `select run_id from collector.run where workspace_id = $1 and account_id = $2 and state in ('waiting', 'running') limit 1`,
    [ask.workspaceId, ask.accountId],
  )
  // It ended between the two statements: then there is room for ours.
  return there ? { runId: there.run_id, isNew: false } : openRun(tx, ask, nowMs)
}

async function endSource(
  tx: Sql,
  run: Run,
  source: SourceName,
  ending: Ending,
  nowMs: number,
): Promise<void> {
  const key = [run.workspaceId, run.accountId, source]
  const [row] =
    ending.how === 'failed'
      ? await tx.query<SourceRow>(
          `update collector.source set state = case when state = 'paused' then state else $4 end, next_plan_at = $5,
                  failures = failures + 1, failure = $6, quota_until = case when $4 = 'waiting-quota' then $5::timestamptz end
            where workspace_id = $1 and account_id = $2 and source = $3 returning ${PASS_COLUMNS}, newest_at`,
          [
            ...key,
            ending.state,
            moment(ending.nextPlanMs),
            JSON.stringify({ ...ending.failure, atMs: nowMs }),
          ],
        )
      : await tx.query<SourceRow>(
          `update collector.source set state = case when state = 'paused' then state else 'idle' end, next_plan_at = $4,
                  failures = 0, failure = null, quota_until = null,
                  last_success_at = case when $6 then $5 else last_success_at end
            where workspace_id = $1 and account_id = $2 and source = $3 returning ${PASS_COLUMNS}, newest_at`,
          [...key, moment(ending.nextPlanMs), moment(nowMs), ending.how === 'done'],
        )
  if (row) await noteCursor(tx, run.workspaceId, run.runId, source, 'after', cursorText(row))
  if (ending.how !== 'failed') return
  await noteFailure(tx, run, { source, ...ending.failure })
}

/** A failure of the run; at most a hundred are kept, so that a bad day does not grow a row without end. */
async function noteFailure(
  tx: Sql,
  run: Run,
  failure: Failure & { source: SourceName; itemId?: string },
): Promise<void> {
  await tx.query(
    `update collector.run set failures = failures || $3::jsonb
      where workspace_id = $1 and run_id = $2 and jsonb_array_length(failures) < 100`,
    [run.workspaceId, run.runId, JSON.stringify([failure])],
  )
}

async function noteCursor(
  tx: Sql,
  workspaceId: string,
  runId: string,
  source: string,
  when: 'before' | 'after',
  text: string,
) {
  await tx.query(
    `update collector.run set cursors = jsonb_set(cursors, array[$3], coalesce(cursors->$3, '{}') || jsonb_build_object($4::text, $5::text))
      where workspace_id = $1 and run_id = $2 and ($4 = 'after' or not cursors ? $3)`,
    [workspaceId, runId, source, when, text],
  )
}

/** Where a source stands, for people: the page under way, or the moment up to which all is known. */
const cursorText = (row: PassRow & { newest_at: number | null }): string =>
  row.cursor ?? momentOr(row.settled_at ?? row.newest_at, 'start')

const momentOr = (ms: number | null, otherwise: string): string =>
  ms === null ? otherwise : new Date(ms).toISOString()

const runFrom = (row: RunRow): Run => ({
  runId: row.run_id,
  workspaceId: row.workspace_id,
  accountId: row.account_id,
  sources: row.sources,
  isScheduled: row.is_scheduled,
  sinceMs: row.since_at,
  createdAtMs: row.created_at,
})
