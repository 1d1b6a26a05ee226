import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import type { BatchView } from '#capabilities/create/media-metadata/batch.ts'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { list, read } from '#console/client.ts'
import { duration, missing, num, time, timeLeft } from '#console/format.ts'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import { Drawer560, Facts } from '#console/parts/drawer560.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Job } from '#console/parts/job.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Num, When } from '#console/parts/values.tsx'
import { useWords } from '#console/words.ts'
import { BatchButtons, BatchState, batchStates, progressOf, sourcesText } from './batch-cells.tsx'
import { useAdd } from './intake.tsx'
import { batchPath, batchTopic, path } from './path.ts'

/** What was checked when, how far it is, and how it went. */
export default function Batches() {
  const w = useWords(words)
  const add = useAdd()
  const fields: Field[] = [
    {
      kind: 'choice',
      key: 'state',
      label: w.state,
      options: batchStates.map((value) => ({ value, label: w[value] })),
    },
  ]
  const filters = useFilters(fields)
  return (
    <>
      <Filters state={filters} />
      <DataTable<BatchView>
        name="media-batches"
        source={list<BatchView>(
          `${path}/batches`,
          { state: String(filters.value['state'] ?? '') },
          { ...batchTopic, everyMs: 5_000 },
        )}
        columns={useColumns()}
        rowKey={({ batchId }) => batchId}
        drawer={(id) => <Detail key={id} id={id} />}
        empty={{ kind: 'unstarted', text: w.emptyBatches, action: { label: w.add, run: () => add() } }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.batches}
      />
    </>
  )
}

function useColumns(): Column<BatchView>[] {
  const w = useWords(words)
  const count = (
    key: 'ready' | 'warning' | 'blocked' | 'bad' | 'cached',
    title: string,
  ): Column<BatchView> => ({
    key,
    title,
    width: 88,
    align: 'right',
    render: (batch) =>
      key === 'bad' && batch.bad > 0 ? (
        <span className="d-ink-error d-num">{num(batch.bad)}</span>
      ) : (
        <Num value={batch[key]} />
      ),
    value: (batch) => batch[key],
  })
  return [
    {
      key: 'sources',
      title: w.sources,
      mobile: 'title',
      render: (batch) => (
        <span className="d-clip" title={batch.sources.slice(0, 20).join('\n')}>
          {sourcesText(batch, w)}
        </span>
      ),
      value: (batch) => batch.sources.join(' '),
    },
    {
      key: 'createdAt',
      title: w.createdAt,
      width: 96,
      mobile: 'main',
      render: (batch) => <When at={batch.createdAtMs} />,
      value: (batch) => time(batch.createdAtMs),
    },
    {
      key: 'progress',
      title: w.progress,
      width: 92,
      align: 'right',
      mobile: 'main',
      render: (batch) => `${num(batch.done)} / ${num(batch.total)}`,
      value: (batch) => batch.done,
    },
    count('ready', w.ready),
    count('warning', w.warning),
    count('blocked', w.blocked),
    count('bad', w.bad),
    count('cached', w.unchanged),
    {
      key: 'rate',
      title: w.rate,
      width: 104,
      align: 'right',
      render: ({ ratePerSecond }) =>
        ratePerSecond === null ? missing : `${num(ratePerSecond)} ${w.perSecond}`,
      value: (batch) => batch.ratePerSecond,
    },
    {
      key: 'left',
      title: w.left,
      width: 100,
      render: (batch) => (batch.endedAtMs === null ? timeLeft(batch.etaSeconds, w.language) : missing),
    },
    {
      key: 'state',
      title: w.state,
      width: 96,
      mobile: 'side',
      render: (batch) => <BatchState batch={batch} />,
      value: (batch) => batch.state,
    },
  ]
}

function Detail({ id }: { id: string }) {
  const w = useWords(words)
  const query = useQuery(read<BatchView>(batchPath(id), undefined, { ...batchTopic, everyMs: 3_000 }))
  const batch = query.data
  const body = query.isError ? (
    <Reason problem={query.error} onRetry={() => void query.refetch()} />
  ) : batch ? (
    <>
      <Job
        name={sourcesText(batch, w)}
        progress={progressOf(batch)}
        startedBy={batch.startedBy}
        startedAtMs={batch.createdAtMs}
        ended={batch.endedAtMs !== null}
        actions={<BatchButtons batch={batch} />}
      />
      <Facts
        rows={[
          [w.ready, num(batch.ready)],
          [w.warning, num(batch.warning)],
          [w.blocked, num(batch.blocked)],
          [w.bad, num(batch.bad)],
          [w.unchanged, num(batch.cached)],
          [
            w.took,
            batch.endedAtMs === null
              ? missing
              : duration((batch.endedAtMs - batch.createdAtMs) / 1000, w.language),
          ],
          [
            w.sources,
            <span key="s" className="d-mono">
              {batch.sources.slice(0, 50).map((source) => (
                <div key={source}>{source}</div>
              ))}
            </span>,
          ],
        ]}
      />
    </>
  ) : (
    <Loading shape="rows" what={w.batch} />
  )
  return (
    <Drawer560
      title={batch ? sourcesText(batch, w) : w.batch}
      id={id}
      status={batch && <BatchState batch={batch} />}
      actions={
        <>
          <Link to={`/media-metadata?batchId=${encodeURIComponent(id)}` as never}>{w.showFiles}</Link>
          <Button size="small" href={`${batchPath(id)}/export`} download>
            {w.ndjson}
          </Button>
        </>
      }
      tabs={[{ key: 'overview', label: w.overview, body }]}
    />
  )
}
