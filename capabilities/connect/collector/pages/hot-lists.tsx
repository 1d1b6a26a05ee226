import { useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import type { HotListView } from '#capabilities/connect/collector/catalogue.ts'
import { words } from '#capabilities/connect/collector/words.ts'
import { useAddress } from '#console/address.ts'
import { type ListPage, read } from '#console/client.ts'
import { num, time } from '#console/format.ts'
import type { Column } from '#console/parts/columns.ts'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Grid } from '#console/parts/grid.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Label } from '#console/parts/status.tsx'
import { usePhone } from '#console/preferences.ts'
import { isProblem } from '#console/problem.ts'
import { fill, useWords } from '#console/words.ts'
import { Topic } from './topic.tsx'

const path = '/api/collector/hot-lists'
type Entry = HotListView['entries'][number]
type Snapshot = Omit<HotListView, 'entries'>

/** The hot list as it stands or stood, and the history of one topic beside it. */
export default function HotLists() {
  const w = useWords(words)
  const [search, change] = useAddress()
  const at = search['at']
  const latest = useQuery(read<HotListView>(`${path}/latest`, undefined, { everyMs: 30_000 }))
  const snapshots = useQuery(read<ListPage<Snapshot>>(path, { limit: 200 }, { everyMs: 60_000 }))
  const past = useQuery({ ...read<ListPage<HotListView>>(path, { at }), enabled: at !== undefined })
  const shown = at === undefined ? latest.data : past.data?.items[0]
  const before = useQuery({
    ...read<ListPage<HotListView>>(path, { at: (shown?.activeAtMs ?? 1) - 1 }),
    enabled: shown !== undefined,
  })
  if (latest.isError && !latest.data)
    return isProblem(latest.error) && latest.error.status === 404 ? (
      <Empty2 kind="unstarted" text={w.emptyHot} />
    ) : (
      <Reason problem={latest.error} onRetry={() => void latest.refetch()} />
    )
  if (!shown) return <Loading shape="rows" what={w.hotLists} />
  const sentence = search['open'] ?? shown.entries[0]?.sentence
  return (
    <div className="d-columns">
      <Card
        title={fill(w.snapshotAt, {
          when: time(shown.activeAtMs).slice(5, 16),
          captured: time(shown.capturedAtMs).slice(11, 16),
        })}
        extra={
          <Select
            size="small"
            aria-label={w.snapshot}
            value={at ?? ''}
            onChange={(value) => change({ at: value || undefined })}
            popupMatchSelectWidth={false}
            options={[
              { value: '', label: w.latest },
              ...(snapshots.data?.items ?? []).map(({ activeAtMs }) => ({
                value: String(activeAtMs),
                label: time(activeAtMs).slice(5, 16),
              })),
            ]}
          />
        }
      >
        <Ranks
          entries={shown.entries}
          before={before.data?.items[0]?.entries}
          sentence={sentence}
          choose={(topic) => change({ open: topic })}
        />
      </Card>
      {sentence && <Topic key={sentence} sentence={sentence} />}
    </div>
  )
}

type RanksProps = {
  entries: Entry[]
  before: Entry[] | undefined
  sentence: string | undefined
  choose: (sentence: string) => void
}

function Ranks({ entries, before, sentence, choose }: RanksProps) {
  const w = useWords(words)
  const most = Math.max(1, ...entries.map(({ heat }) => heat))
  const ranks = before && new Map(before.map((entry) => [entry.sentence, entry.rank]))
  const phone = usePhone()
  const columns: Column<Entry>[] = [
    {
      key: 'rank',
      title: w.rankShort,
      width: phone ? 44 : 56,
      align: 'right',
      render: ({ rank }) => <span className={`d-rank-${rank}`}>{rank}</span>,
    },
    {
      key: 'sentence',
      title: w.topic,
      render: (entry) => (
        <button type="button" className="d-plain" onClick={() => choose(entry.sentence)}>
          {entry.sentence}
        </button>
      ),
    },
    { key: 'label', title: '', width: 52, mobile: 'hide', render: ({ label }) => <Mark label={label} /> },
    {
      key: 'change',
      title: w.change,
      width: phone ? 52 : 64,
      render: (entry) => (
        <Change now={entry.rank} before={ranks?.get(entry.sentence)} known={Boolean(ranks)} />
      ),
    },
    {
      key: 'heat',
      title: w.heat,
      mobile: 'hide',
      width: 128,
      align: 'right',
      render: ({ heat }) => (
        <span
          className="d-bar"
          style={{ backgroundSize: `${Math.round((heat / most) * 100)}% 100%` }}
          title={num(heat)}
        >
          {num(heat)}
        </span>
      ),
    },
  ]
  return (
    <Grid<Entry>
      rows={entries}
      rowKey={(entry) => entry.sentence}
      current={sentence}
      onRow={choose}
      columns={phone ? columns.filter(({ mobile }) => mobile !== 'hide') : columns}
    />
  )
}

function Mark({ label }: { label: number }) {
  const w = useWords(words)
  if (label === 1) return <Label tone="info">{w.label1}</Label>
  if (label === 3) return <Label tone="error">{w.label3}</Label>
  return null
}

function Change({ now, before, known }: { now: number; before: number | undefined; known: boolean }) {
  const w = useWords(words)
  if (!known) return <span className="d-muted">—</span>
  if (before === undefined) return <span className="d-ink-warning">{w.entry}</span>
  if (before === now) return <span className="d-muted">—</span>
  return (
    <span className="d-num d-clip">
      {before > now ? '↑' : '↓'} {Math.abs(before - now)}
    </span>
  )
}
