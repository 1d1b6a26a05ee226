import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { RunView, SourceView, Summary } from '#capabilities/connect/collector/catalogue.ts'
import { words } from '#capabilities/connect/collector/words.ts'
import { useAddress } from '#console/address.ts'
import { api, list, read, refresh } from '#console/client.ts'
import { ago, num, percent, time } from '#console/format.ts'
import { Account as Face } from '#console/parts/account.tsx'
import type { Action } from '#console/parts/bulk-bar.tsx'
import { useNow } from '#console/parts/clock.ts'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import { Drawer560, Facts } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Job } from '#console/parts/job.tsx'
import { Metric, Metrics } from '#console/parts/metric.tsx'
import { Card } from '#console/parts/page.tsx'
import { Num, When } from '#console/parts/values.tsx'
import { partWords } from '#console/parts/words.ts'
import { fill, useWords } from '#console/words.ts'
import { house, sourcesQuery, useAccountName, useAccounts, useSources } from './accounts.tsx'
import { useCollect } from './collect.tsx'
import {
  Cursor,
  failureText,
  keyOf,
  lagText,
  lagTone,
  SourceState,
  states,
  stateWord,
  Trouble,
} from './source-cells.tsx'

const sourceNames = ['videos', 'metrics', 'comments', 'hot-list'] as const

/** How fresh every account and source is, what runs, and what can be done about it. */
export default function Sources() {
  const w = useWords(words)
  const accounts = useAccounts()
  const fields: Field[] = [
    { kind: 'choice', key: 'accountId', label: w.account, options: accounts },
    {
      kind: 'choice',
      key: 'source',
      label: w.source,
      options: sourceNames.map((value) => ({ value, label: w[value] })),
    },
    {
      kind: 'choice',
      key: 'state',
      label: w.state,
      options: (Object.keys(states) as SourceView['state'][]).map((value) => ({
        value,
        label: stateWord(w, value),
      })),
    },
  ]
  const filters = useFilters(fields)
  const { accountId, source, state } = filters.value
  const isWanted = (row: SourceView) =>
    (!accountId || row.accountId === accountId) &&
    (!source || row.source === source) &&
    (!state || row.state === state)
  const actions = useActions()
  return (
    <>
      <Numbers />
      <div className="d-columns d-even">
        <Heat />
        <Running />
      </div>
      <Filters state={filters} />
      <DataTable<SourceView>
        name="sources"
        source={{
          ...sourcesQuery,
          select: (data) => ({
            ...data,
            pages: data.pages.map((page) => ({ ...page, items: page.items.filter(isWanted) })),
          }),
        }}
        columns={useColumns()}
        rowKey={keyOf}
        actions={actions}
        drawer={(id, row) => <Detail key={id} id={id} row={row} />}
        empty={{
          kind: 'unstarted',
          text: w.emptySources,
          action: { label: w.toAccounts, run: () => location.assign('/open-platform') },
        }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.sources}
      />
    </>
  )
}

function Numbers() {
  const w = useWords(words)
  const { data } = useQuery(
    read<Summary>('/api/collector/summary', undefined, { topic: 'collector/sources', everyMs: 10_000 }),
  )
  return (
    <Metrics>
      <Metric name={w.lag} value={data?.lagP95Seconds} as="duration" unit="p95" definition={w.lagIs} />
      <Metric
        name={w.gap}
        value={data?.gapDays}
        unit={w.daysUnit}
        definition={fill(w.gapIs, {
          videos: num(data?.backfill.videosPending),
          comments: num(data?.backfill.commentsMissing),
        })}
      />
      <Metric
        name={w.newToday}
        value={data?.newToday}
        {...(data ? { previous: data.newYesterday } : {})}
        moreIs="good"
        definition={w.newTodayIs}
        href="/collector?tab=comments&since=0"
      />
      <Metric name={w.repeated} value={data?.duplicateRate} as="percent" definition={w.repeatedIs} />
    </Metrics>
  )
}

/** Accounts by sources; the colour and the word of a cell say how long ago it was collected. */
function Heat() {
  const w = useWords(words)
  const nameOf = useAccountName()
  const [, change] = useAddress()
  const rows = useSources()
  const accounts = [...Map.groupBy(rows, ({ accountId }) => accountId)]
  if (!accounts.length) return null
  return (
    <Card title={w.freshness}>
      <div
        className="d-heat"
        style={{
          gridTemplateColumns: `minmax(84px, 1.2fr) repeat(${sourceNames.length}, minmax(64px, 1fr))`,
        }}
      >
        <span />
        {sourceNames.map((source) => (
          <span key={source} className="d-heat-head">
            {w[source]}
          </span>
        ))}
        {accounts.map(([accountId, sources]) => [
          <span key={accountId} className="d-heat-name">
            {nameOf(sources[0]!)}
          </span>,
          ...sourceNames.map((name) => {
            const row = sources.find(({ source }) => source === name)
            if (!row) return <span key={`${accountId}/${name}`} />
            const text = lagText(row, w.language, w.never)
            return (
              <button
                key={keyOf(row)}
                type="button"
                className={`d-heat-cell d-tone-${lagTone(row)}`}
                title={`${nameOf(row)} · ${w[name]} · ${text}`}
                onClick={() => change({ open: keyOf(row) })}
              >
                {text}
              </button>
            )
          }),
        ])}
      </div>
      <p className="d-muted d-card-note">{w.freshnessNote}</p>
    </Card>
  )
}

type LiveRun = RunView & { done?: number; total?: number | null }

function Running() {
  const w = useWords(words)
  const now = useNow()
  const nameOf = useAccountName()
  const query = useInfiniteQuery(
    list<LiveRun>(
      '/api/collector/runs',
      { state: 'running', limit: 20 },
      {
        topic: 'collector/runs',
        rowKey: 'runId',
        everyMs: 5000,
      },
    ),
  )
  const sources = useSources()
  const runs = query.data?.pages.flatMap(({ items }) => items) ?? []
  const next = Math.min(...sources.flatMap(({ nextPlanAtMs }) => nextPlanAtMs ?? []))
  return (
    <Card title={w.running}>
      {runs.slice(0, 6).map((run) => {
        const done = run.done ?? run.progress.done
        const total = run.total ?? run.progress.total
        const seconds = run.startedAtMs ? Math.max(1, (now - run.startedAtMs) / 1000) : 0
        const rate = seconds ? done / seconds : undefined
        return (
          <Job
            key={run.runId}
            name={`${nameOf(run)} · ${run.sources.map((source) => w[source]).join(' ')}`}
            progress={{
              done,
              total,
              ...(rate === undefined ? {} : { rate: Math.round(rate) }),
              etaSeconds: rate && total ? Math.max(0, (total - done) / rate) : null,
            }}
            startedAtMs={run.startedAtMs}
            startedBy={run.isScheduled ? w.scheduled : w.person}
          />
        )
      })}
      {!runs.length && (
        <Empty2
          kind="done"
          text={fill(w.noneRunning, { when: Number.isFinite(next) ? ago(next, now, w.language) : '—' })}
        />
      )}
    </Card>
  )
}

function useActions(): Action<SourceView>[] {
  const w = useWords(words)
  const collect = useCollect()
  const steer = (verb: string) => async (rows: SourceView[]) => {
    await Promise.all(
      rows.map(({ accountId, source }) =>
        api.post(`/api/collector/sources/${encodeURIComponent(accountId)}/${source}/${verb}`),
      ),
    )
    await refresh('/api/collector')
  }
  return [
    {
      key: 'c',
      label: w.collectNow,
      run: (rows) =>
        collect(
          [...Map.groupBy(rows, ({ accountId }) => accountId)].map(([accountId, sources]) => ({
            ...(accountId === house ? {} : { accountId }),
            sources: sources.map(({ source }) => source),
          })),
        ),
    },
    { key: 'z', label: w.pause, run: steer('pause'), done: w.pausedDone, undo: steer('resume') },
    { key: 'u', label: w.resume, run: steer('resume'), done: w.resumedDone },
    {
      key: 'a',
      label: w.restart,
      danger: true,
      run: steer('restart'),
      done: w.restartedDone,
      confirm: (rows) => ({ title: fill(w.restartTitle, { n: rows.length }), effect: w.restartEffect }),
    },
  ]
}

function useColumns(): Column<SourceView>[] {
  const w = useWords(words)
  const nameOf = useAccountName()
  return [
    {
      key: 'account',
      title: w.account,
      width: 160,
      mobile: 'title',
      render: (row) => <Face name={nameOf(row)} />,
      value: nameOf,
    },
    {
      key: 'source',
      title: w.source,
      width: 104,
      mobile: 'main',
      render: (row) => w[row.source],
      value: (row) => row.source,
    },
    {
      key: 'cursor',
      title: w.cursor,
      width: 110,
      render: (row) => <Cursor value={row.cursor} />,
      value: (row) => row.cursor,
    },
    {
      key: 'lastSuccess',
      title: w.lastSuccess,
      width: 116,
      mobile: 'main',
      render: (row) => <When at={row.lastSuccessAtMs} />,
      value: (row) => time(row.lastSuccessAtMs),
    },
    {
      key: 'nextPlan',
      title: w.nextPlan,
      width: 104,
      render: (row) => <When at={row.nextPlanAtMs} />,
      value: (row) => time(row.nextPlanAtMs),
    },
    {
      key: 'rows',
      title: w.rows,
      width: 76,
      align: 'right',
      render: (row) => <Num value={row.rows} />,
      value: (row) => row.rows,
    },
    {
      key: 'new24h',
      title: w.new24h,
      width: 100,
      align: 'right',
      render: (row) => <Num value={row.new24h} />,
      value: (row) => row.new24h,
    },
    {
      key: 'reason',
      title: w.reason,
      render: (row) =>
        row.failure ? (
          <span className="d-ink-error" title={`${row.failure.message}\n${row.failure.code}`}>
            {failureText(row.failure, w.language)}
          </span>
        ) : (
          <span className="d-muted">—</span>
        ),
      value: (row) => row.failure?.message,
    },
    {
      key: 'state',
      title: w.state,
      width: 116,
      mobile: 'side',
      render: (row) => <SourceState row={row} />,
      value: (row) => row.state,
    },
  ]
}

function Detail({ id, row }: { id: string; row: SourceView | undefined }) {
  const w = useWords(words)
  const parts = useWords(partWords)
  const nameOf = useAccountName()
  const body = row ? (
    <>
      <Trouble row={row} />
      <Facts
        rows={[
          [w.account, nameOf(row)],
          [w.cursor, <Cursor key="c" value={row.cursor} />],
          [w.lastSuccess, <When key="l" at={row.lastSuccessAtMs} exact />],
          [w.nextPlan, <When key="n" at={row.nextPlanAtMs} exact />],
          [w.newest, <When key="w" at={row.newestItemAtMs} exact />],
          [w.rows, num(row.rows)],
          [w.new24h, num(row.new24h)],
          [w.pulled, num(row.pulled)],
          [w.repeated, percent(row.duplicateRate)],
        ]}
      />
    </>
  ) : (
    <Empty2 kind="done" text={w.goneSource} />
  )
  return (
    <Drawer560
      title={row ? `${nameOf(row)} · ${w[row.source]}` : w.source}
      id={id}
      status={row && <SourceState row={row} />}
      tabs={[{ key: 'overview', label: parts.overview, body }]}
    />
  )
}
