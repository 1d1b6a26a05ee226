import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Board } from '#capabilities/sell/flash-sale/views.ts'
import { words } from '#capabilities/sell/flash-sale/words.ts'
import { duration, money, num } from '#console/format.ts'
import { Drawer560, Facts } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Grid } from '#console/parts/grid.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Trail } from '#console/parts/trail.tsx'
import { When } from '#console/parts/values.tsx'
import { partWords } from '#console/parts/words.ts'
import { fill, useWords } from '#console/words.ts'
import { BuyerAttempts } from './buyer-attempts.tsx'
import { Held } from './held.tsx'
import { SaleButtons } from './sale-actions.tsx'
import { alarmText, boardQuery, Drift, Ledger, SaleState } from './sale-cells.tsx'
import { Shards } from './shards.tsx'

/** One sale: its terms, its ledger, who holds what, and what the auditor found. */
export default function SaleDrawer({ id }: { id: string }) {
  const w = useWords(words)
  const parts = useWords(partWords)
  const query = useQuery(boardQuery({ saleId: id }))
  const board = query.data
  if (!board)
    return (
      <Drawer560
        title={w.sale}
        id={id}
        tabs={[
          {
            key: 'none',
            label: parts.overview,
            body: query.isError ? (
              <Reason problem={query.error} onRetry={() => void query.refetch()} />
            ) : (
              <Loading shape="rows" what={w.sale} />
            ),
          },
        ]}
      />
    )
  const { sale, alarms } = board
  const overview = (
    <>
      <Drift board={board} />
      <Ledger ledger={board.ledger} />
      <Shards shards={board.shards} />
      <Facts
        rows={[
          [w.opens, <When key="o" at={sale.opensAtMs} exact />],
          [w.closes, <When key="c" at={sale.closesAtMs} exact />],
          [w.holdFor, duration(sale.holdSeconds, w.language)],
          [w.limitFor, sale.limitPerBuyer === null ? w.noLimit : num(sale.limitPerBuyer)],
          [
            w.admission,
            sale.admission
              ? fill(w.admissionIs, { n: num(sale.admission.perSecond), t: num(sale.admission.tokenSeconds) })
              : w.noAdmission,
          ],
          [w.store, board.store === 'redis' ? 'Redis' : 'PostgreSQL'],
          [w.created, <When key="m" at={sale.createdAtMs} exact />],
        ]}
      />
      <Grid
        rows={sale.skus}
        rowKey={({ sku }) => sku}
        columns={[
          {
            key: 'sku',
            title: w.sku,
            width: 110,
            render: ({ sku }) => <span className="d-mono">{sku}</span>,
          },
          { key: 'title', title: w.skuTitle, width: 170, render: ({ title }) => title },
          {
            key: 'price',
            title: w.price,
            width: 100,
            align: 'right',
            render: ({ priceFen }) => money(priceFen),
          },
          {
            key: 'limit',
            title: w.skuLimit,
            width: 84,
            align: 'right',
            render: ({ limitPerBuyer }) => (limitPerBuyer === null ? w.noLimit : num(limitPerBuyer)),
          },
        ]}
      />
    </>
  )
  return (
    <Drawer560
      title={sale.name}
      id={id}
      status={<SaleState phase={sale.phase} />}
      actions={
        <>
          <Link to={`/flash-sale?tab=live&sale=${encodeURIComponent(id)}` as never}>{w.watchLive}</Link>
          <Link to={`/flash-sale?tab=rehearsals&like=${encodeURIComponent(id)}` as never}>{w.rehearse}</Link>
          <SaleButtons sale={sale} store={board.store} />
        </>
      }
      tabs={[
        { key: 'overview', label: parts.overview, body: overview },
        { key: 'held', label: w.reservations, body: <Held saleId={id} /> },
        { key: 'buyer', label: w.attempts, body: <BuyerAttempts saleId={id} store={board.store} /> },
        { key: 'alarms', label: `${w.alarms} ${alarms.length || ''}`, body: <Alarms alarms={alarms} /> },
      ]}
    />
  )
}

function Alarms({ alarms }: { alarms: Board['alarms'] }) {
  const w = useWords(words)
  if (!alarms.length) return <Empty2 kind="done" text={w.noAlarms} />
  return (
    <Trail
      steps={alarms.map((alarm) => ({
        key: alarm.alarmId,
        tone: alarm.closedAtMs === null ? 'error' : 'success',
        title: `${alarmText(w, alarm)} · ${alarm.closedAtMs === null ? w.driftOpen : w.settled}`,
        atMs: alarm.raisedAtMs,
        note: alarm.detail,
      }))}
    />
  )
}
