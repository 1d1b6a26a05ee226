import { useQuery } from '@tanstack/react-query'
import { Alert, Select } from 'antd'
import { lazy, type ReactNode, Suspense } from 'react'
import type { Board } from '#capabilities/sell/flash-sale/views.ts'
import { words } from '#capabilities/sell/flash-sale/words.ts'
import { useAddress } from '#console/address.ts'
import { duration, latency, time } from '#console/format.ts'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Metric } from '#console/parts/metric.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Label } from '#console/parts/status.tsx'
import { fill, useWords } from '#console/words.ts'
import { Answers } from './answers.tsx'
import { useBoard, type Watched } from './board.tsx'
import { BurnDown } from './burn-down.tsx'
import { LatencyBand } from './latency-band.tsx'
import { SaleButtons } from './sale-actions.tsx'
import {
  Balance,
  boardQuery,
  Drift,
  Ledger,
  missingUnits,
  type Sale,
  SaleState,
  useSales,
} from './sale-cells.tsx'
import { Tiles } from './tiles.tsx'

const Held = lazy(async () => ({ default: (await import('./held.tsx')).Held }))

const rank: Record<Sale['phase'], number> = { open: 0, paused: 1, coming: 2, closed: 3 }

/** One sale at this second. Without a choice: the one that is open, or opens next. */
export default function Live() {
  const w = useWords(words)
  const [search, change] = useAddress()
  const { sales, problem, again } = useSales()
  if (problem !== undefined) return <Reason problem={problem} onRetry={again} />
  if (!sales) return <Loading shape="metrics" what={w.live} />
  const real = sales
    .filter(({ isRehearsal }) => !isRehearsal)
    .toSorted((a, b) => rank[a.phase] - rank[b.phase] || b.opensAtMs - a.opensAtMs)
  const saleId = search['sale'] ?? real[0]?.saleId
  if (!saleId) return <Empty2 kind="unstarted" text={w.noLive} />
  const options = sales
    .filter((sale) => !sale.isRehearsal || sale.saleId === saleId)
    .map((sale) => ({ value: sale.saleId, label: `${sale.name} · ${w[sale.phase]}` }))
  return (
    <OneSale
      key={saleId}
      saleId={saleId}
      choice={
        <Select
          className="d-filter-choice"
          aria-label={w.sale}
          value={saleId}
          options={options}
          onChange={(sale) => change({ sale })}
          popupMatchSelectWidth={false}
        />
      }
    />
  )
}

function OneSale({ saleId, choice }: { saleId: string; choice: ReactNode }) {
  const w = useWords(words)
  const watched = useBoard(saleId)
  const { board, points, state } = watched
  // A stream does not say why it cannot be had; the sale itself does.
  const why = useQuery({ ...boardQuery({ saleId }), enabled: state === 'lost' && !board })
  return (
    <>
      <div className="d-filters">
        {choice}
        {board && (
          <>
            <SaleState phase={board.sale.phase} />
            <Countdown board={board} />
            <Label>{board.store === 'redis' ? 'Redis' : 'PostgreSQL'}</Label>
            <span className="d-space" />
            <SaleButtons sale={board.sale} store={board.store} />
          </>
        )}
      </div>
      {why.isError && !board && <Reason problem={why.error} onRetry={() => void why.refetch()} />}
      <Trouble watched={watched} />
      {board ? (
        <>
          <Drift board={board} />
          <Numbers board={board} />
          <BurnDown points={points} stock={board.total.stock} />
          <LatencyBand saleId={saleId} />
          <div className="d-columns d-even">
            <Card title={w.answers}>
              <Answers answers={board.live.answers} />
              <p className="d-muted d-card-note">{w.answersNote}</p>
            </Card>
            <Card title={w.ledger}>
              <Ledger ledger={board.ledger} />
            </Card>
          </div>
          <Card title={w.reservations}>
            <Suspense fallback={<Loading shape="rows" />}>
              <Held saleId={saleId} height={240} />
            </Suspense>
          </Card>
        </>
      ) : (
        state === 'connecting' && <Loading shape="metrics" what={w.live} />
      )}
    </>
  )
}

function Countdown({ board: { sale, atMs } }: { board: Board }) {
  const w = useWords(words)
  if (sale.phase === 'closed') return null
  const isComing = sale.phase === 'coming'
  const seconds = Math.max(0, ((isComing ? sale.opensAtMs : sale.closesAtMs) - atMs) / 1000)
  return (
    <span className="d-muted d-num">
      {fill(isComing ? w.opensIn : w.closesIn, { t: duration(seconds, w.language) })}
    </span>
  )
}

function Trouble({ watched: { state, board } }: { watched: Watched }) {
  const w = useWords(words)
  if (state === 'waiting') return <Alert type="error" showIcon role="alert" title={w.storeWaits} />
  if (state !== 'lost' || !board) return null
  return <Alert type="warning" showIcon role="alert" title={fill(w.lost, { when: time(board.atMs) })} />
}

function Numbers({ board }: { board: Board }) {
  const w = useWords(words)
  const { total, live } = board
  return (
    <Tiles>
      <Metric name={w.free} value={total.free} as="number" definition={w.freeIs} />
      <Metric name={w.held} value={total.held} as="number" definition={w.heldIs} />
      <Metric name={w.sold} value={total.sold} as="number" definition={w.soldIs} />
      <Metric
        name={w.balanced}
        value={missingUnits(board)}
        text={<Balance value={missingUnits(board)} />}
        definition={w.balancedIs}
      />
      <Metric name={w.perSecond} value={live.perSecond} as="number" definition={w.perSecondIs} />
      <Metric
        name={w.p99}
        value={live.p99Ms || null}
        as="latency"
        definition={fill(w.p99Is, { p50: latency(live.p50Ms || null), p999: latency(live.p999Ms || null) })}
      />
    </Tiles>
  )
}
