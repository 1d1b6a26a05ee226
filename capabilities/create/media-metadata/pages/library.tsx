import { useQuery } from '@tanstack/react-query'
import { Segmented } from 'antd'
import { lazy, Suspense, useEffect, useRef } from 'react'
import type { FileView, FindingCount, Summary } from '#capabilities/create/media-metadata/library.ts'
import { REASONS } from '#capabilities/create/media-metadata/media-metadata.ts'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { useAddress } from '#console/address.ts'
import { type ListPage, list, read, refresh } from '#console/client.ts'
import { num } from '#console/format.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Metric, Metrics } from '#console/parts/metric.tsx'
import { fill, useWords } from '#console/words.ts'
import { useFileActions } from './file-actions.tsx'
import { kinds, orientations, reasons, verdicts } from './file-cells.tsx'
import { useFileColumns } from './file-columns.tsx'
import { useAdd } from './intake.tsx'
import { batchTopic, path } from './path.ts'
import { useRunning } from './running.ts'

const Troubles = lazy(() => import('./troubles.tsx'))
const FileDrawer = lazy(() => import('./file-drawer.tsx'))
const PosterGrid = lazy(() => import('./poster-grid.tsx'))
const Scatter = lazy(() => import('./scatter.tsx'))

/** While something is checked the library grows by itself; otherwise it is asked now and then. */
export const useEveryMs = () => (useRunning().length > 0 ? 2_000 : 30_000)

/** Every file that was looked at, with its verdict. */
export default function LibraryTab() {
  const w = useWords(words)
  const [search, change] = useAddress()
  const add = useAdd()
  const everyMs = useEveryMs()
  const summary = useQuery(
    read<Summary>(`${path}/summary`, undefined, { topic: batchTopic.topic, everyMs }),
  ).data
  // Numbers come live; whatever else shows files follows when they have changed.
  const news = summary && `${summary.files} ${summary.lastLookedAtMs} ${summary.lookedAt}`
  const shown = useRef(news)
  useEffect(() => {
    if (shown.current !== undefined && news !== shown.current)
      for (const part of ['files', 'scatter', 'failures', 'findings']) void refresh(`${path}/${part}`)
    shown.current = news
  }, [news])
  const filters = useFilters(useFields())
  const { sort: _sort, ...asked } = filters.params
  const params = { ...asked, batchId: search['batchId'] }
  const isGrid = search['as'] === 'grid'
  const shared = {
    source: list<FileView>(`${path}/files`, params, { everyMs }),
    empty: { kind: 'unstarted' as const, text: w.empty, action: { label: w.add, run: () => add() } },
    clearFilters:
      filters.count || search['batchId']
        ? () => {
            filters.clear()
            change({ batchId: undefined })
          }
        : undefined,
  }
  const columns = useFileColumns()
  const actions = useFileActions()
  return (
    <>
      <Numbers summary={summary} />
      {summary && summary.files > 0 && (
        <div className="d-columns d-even">
          <Suspense fallback={<Loading shape="block" />}>
            <Scatter params={params} everyMs={everyMs} />
          </Suspense>
          <Suspense fallback={<Loading shape="block" />}>
            <Troubles everyMs={everyMs} />
          </Suspense>
        </div>
      )}
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'start' }}>
        <Filters state={filters} />
        <span className="d-space" />
        <Segmented
          aria-label={w.view}
          value={isGrid ? 'grid' : 'table'}
          onChange={(as) => change({ as: as === 'grid' ? 'grid' : undefined })}
          options={[
            { value: 'table', label: w.asTable },
            { value: 'grid', label: w.asGrid },
          ]}
        />
      </div>
      {isGrid ? (
        <Suspense fallback={<Loading shape="rows" />}>
          <PosterGrid {...shared} />
        </Suspense>
      ) : (
        <DataTable<FileView>
          {...shared}
          name="media"
          columns={columns}
          rowKey={({ fileId }) => fileId}
          actions={actions}
          drawer={(id) => (
            <Suspense>
              <FileDrawer key={id} id={id} />
            </Suspense>
          )}
          what={w.library}
        />
      )}
    </>
  )
}

function useFields(): Field[] {
  const w = useWords(words)
  const found = useQuery(read<ListPage<FindingCount>>(`${path}/findings`)).data?.items ?? []
  const named = <K extends 'ready' | 'portrait' | 'video'>(values: readonly string[]) =>
    values.map((value) => ({ value, label: w[value as K] }))
  return [
    { kind: 'choice', key: 'verdict', label: w.verdict, options: named<'ready'>(verdicts) },
    {
      kind: 'choice',
      key: 'reason',
      label: w.reason,
      options: reasons.map((value) => ({ value, label: REASONS[value][w.language] })),
    },
    {
      kind: 'choice',
      key: 'finding',
      label: w.finding,
      options: found.map((one) => ({ value: one.code, label: one[w.language] })),
    },
    { kind: 'choice', key: 'orientation', label: w.orientation, options: named<'portrait'>(orientations) },
    { kind: 'choice', key: 'mediaKind', label: w.mediaKind, options: named<'video'>(kinds) },
    { kind: 'text', key: 'text', label: w.find },
  ]
}

function Numbers({ summary }: { summary: Summary | undefined }) {
  const w = useWords(words)
  const { files = 0, ready = 0, warning = 0, blocked = 0 } = summary ?? {}
  return (
    <Metrics>
      <Metric
        name={w.ready}
        value={summary?.readyShare}
        as="percent"
        unit={summary ? `${num(ready)} / ${num(files)}` : ''}
        definition={fill(w.readyIs, {
          n: num(files),
          ready: num(ready),
          warning: num(warning),
          blocked: num(blocked),
        })}
        href="/media-metadata?verdict=ready"
      />
      <Metric
        name={w.bad}
        value={summary?.bad}
        as="number"
        definition={w.badIs}
        href="/media-metadata?verdict=bad"
      />
      <Metric name={w.cached} value={summary?.cachedShare} as="percent" definition={w.cachedIs} />
      <Metric
        name={w.speed}
        value={summary?.filesPerSecond}
        as="number"
        unit={w.perSecond}
        definition={w.speedIs}
        href="/media-metadata?tab=batches"
      />
    </Metrics>
  )
}
