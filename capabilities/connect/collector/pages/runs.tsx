import { useQuery } from '@tanstack/react-query'
import type { RunView } from '#capabilities/connect/collector/catalogue.ts'
import { words } from '#capabilities/connect/collector/words.ts'
import { list, read } from '#console/client.ts'
import { duration, num, time } from '#console/format.ts'
import { Account as Face } from '#console/parts/account.tsx'
import { useNow } from '#console/parts/clock.ts'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import { Drawer560, Facts } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Job } from '#console/parts/job.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status, type Tone } from '#console/parts/status.tsx'
import { Num, When } from '#console/parts/values.tsx'
import { partWords } from '#console/parts/words.ts'
import { fill, useWords } from '#console/words.ts'
import { useAccountName, useAccounts } from './accounts.tsx'
import { Cursor, failureText } from './source-cells.tsx'

type LiveRun = RunView & { done?: number; total?: number | null }

const path = '/api/collector/runs'
const states: Record<RunView['state'], [Tone, 'waiting' | 'runningState' | 'done' | 'failed']> = {
  waiting: ['neutral', 'waiting'],
  running: ['info', 'runningState'],
  done: ['success', 'done'],
  failed: ['error', 'failed'],
}

/** What was collected when, and how it went. */
export default function Runs() {
  const w = useWords(words)
  const fields: Field[] = [
    { kind: 'choice', key: 'accountId', label: w.account, options: useAccounts() },
    {
      kind: 'choice',
      key: 'state',
      label: w.state,
      options: (Object.keys(states) as RunView['state'][]).map((value) => ({
        value,
        label: w[states[value][1]],
      })),
    },
  ]
  const filters = useFilters(fields)
  return (
    <>
      <Filters state={filters} />
      <DataTable<LiveRun>
        name="runs"
        source={list<LiveRun>(path, filters.params, {
          topic: 'collector/runs',
          rowKey: 'runId',
          everyMs: 5000,
        })}
        columns={useColumns()}
        rowKey={({ runId }) => runId}
        drawer={(id) => <Detail key={id} id={id} />}
        empty={{ kind: 'unstarted', text: w.emptyRuns }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.runs}
      />
    </>
  )
}

function State({ run }: { run: RunView }) {
  const w = useWords(words)
  const [tone, word] = states[run.state]
  return <Status tone={tone}>{w[word]}</Status>
}

const done = (run: LiveRun) => run.done ?? run.progress.done
const total = (run: LiveRun) => run.total ?? run.progress.total

function Took({ run }: { run: RunView }) {
  const w = useWords(words)
  const now = useNow()
  if (!run.startedAtMs) return <span>—</span>
  return (
    <span className="d-num">{duration(((run.endedAtMs ?? now) - run.startedAtMs) / 1000, w.language)}</span>
  )
}

function useColumns(): Column<LiveRun>[] {
  const w = useWords(words)
  const nameOf = useAccountName()
  const figure = (key: 'pages' | 'rowsNew' | 'rowsChanged', width: number): Column<LiveRun> => ({
    key,
    title: w[key],
    width,
    align: 'right',
    render: (run) => <Num value={run[key]} />,
    value: (run) => run[key],
  })
  return [
    {
      key: 'account',
      title: w.account,
      width: 160,
      mobile: 'title',
      render: (run) => <Face name={nameOf(run)} />,
      value: nameOf,
    },
    {
      key: 'sources',
      title: w.sources,
      mobile: 'main',
      render: (run) => run.sources.map((source) => w[source]).join(' '),
      value: (run) => run.sources.join(' '),
    },
    {
      key: 'createdAt',
      title: w.startedAt,
      width: 104,
      mobile: 'main',
      render: (run) => <When at={run.startedAtMs ?? run.createdAtMs} />,
      value: (run) => time(run.startedAtMs ?? run.createdAtMs),
    },
    {
      key: 'startedBy',
      title: w.startedBy,
      width: 84,
      render: (run) => (run.isScheduled ? w.scheduled : w.person),
      value: (run) => run.startedBy ?? (run.isScheduled ? 'schedule' : ''),
    },
    { key: 'took', title: w.took, width: 80, align: 'right', render: (run) => <Took run={run} /> },
    {
      key: 'progress',
      title: w.progress,
      width: 120,
      align: 'right',
      render: (run) => `${num(done(run))} / ${num(total(run))}`,
      value: (run) => done(run),
    },
    figure('pages', 64),
    figure('rowsNew', 76),
    figure('rowsChanged', 72),
    {
      key: 'failures',
      title: w.failures,
      width: 68,
      render: (run) =>
        run.failures.length ? (
          <span className="d-ink-error">{fill(w.failuresN, { n: run.failures.length })}</span>
        ) : (
          <span className="d-muted">—</span>
        ),
      value: (run) => run.failures.length,
    },
    {
      key: 'state',
      title: w.state,
      width: 104,
      mobile: 'side',
      render: (run) => <State run={run} />,
      value: (run) => run.state,
    },
  ]
}

function Detail({ id }: { id: string }) {
  const w = useWords(words)
  const parts = useWords(partWords)
  const nameOf = useAccountName()
  const query = useQuery(
    read<RunView>(`${path}/${encodeURIComponent(id)}`, undefined, { topic: 'collector/runs', everyMs: 3000 }),
  )
  const run = query.data
  if (!run)
    return (
      <Drawer560
        title={w.runs}
        id={id}
        tabs={[
          {
            key: 'none',
            label: parts.overview,
            body: query.isError ? <Reason problem={query.error} /> : <Loading shape="rows" what={w.runs} />,
          },
        ]}
      />
    )
  const overview = (
    <>
      <Job
        name={run.sources.map((source) => w[source]).join(' ')}
        progress={run.progress}
        startedAtMs={run.startedAtMs}
        startedBy={run.isScheduled ? w.scheduled : w.person}
        ended={run.endedAtMs !== null}
      />
      <Facts
        rows={[
          [w.took, <Took key="t" run={run} />],
          [w.pages, num(run.pages)],
          [w.rowsNew, num(run.rowsNew)],
          [w.rowsChanged, num(run.rowsChanged)],
          [w.rowsSame, num(run.rowsSame)],
          ...Object.entries(run.cursors).map(([source, { before, after }]): [string, React.ReactNode] => [
            `${w.cursor} · ${w[source as 'videos'] ?? source}`,
            <span key={source} className="d-account">
              <Cursor value={before} /> → <Cursor value={after} />
            </span>,
          ]),
        ]}
      />
    </>
  )
  return (
    <Drawer560
      title={nameOf(run)}
      id={run.runId}
      status={<State run={run} />}
      tabs={[
        { key: 'overview', label: parts.overview, body: overview },
        {
          key: 'failures',
          label: `${w.failures} ${run.failures.length || ''}`,
          body: <Failures failures={run.failures} />,
        },
      ]}
    />
  )
}

function Failures({ failures }: { failures: RunView['failures'] }) {
  const w = useWords(words)
  if (!failures.length) return <Empty2 kind="done" text={w.noFailures} />
  return failures.map((failure, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a kept list that only grows at its end
    <div key={index} className="d-quote d-tone-error">
      {w[failure.source]} · {failureText(failure, w.language)}
      <div className="d-mono">
        {[failure.code, failure.itemId, failure.logId && `log_id ${failure.logId}`]
          .filter(Boolean)
          .join(' · ')}
      </div>
    </div>
  ))
}
