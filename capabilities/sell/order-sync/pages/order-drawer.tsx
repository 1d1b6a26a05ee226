import { useQuery } from '@tanstack/react-query'
import { Alert, Button } from 'antd'
import type { OrderDetail, TimelineRow } from '#capabilities/sell/order-sync/catalogue.ts'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { api, read, refresh } from '#console/client.ts'
import { time } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import { useAction } from '#console/parts/bulk-bar.tsx'
import { Drawer560, Facts } from '#console/parts/drawer560.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status } from '#console/parts/status.tsx'
import { Trail } from '#console/parts/trail.tsx'
import { Id, When } from '#console/parts/values.tsx'
import { partWords } from '#console/parts/words.ts'
import { fill, useWords } from '#console/words.ts'
import { BuyerFacts } from './buyer-facts.tsx'
import { Differences, OrderState, orderPath, outcomes, path, useShops } from './order-cells.tsx'
import { Items, MoneyLadder } from './order-money.tsx'
import { OrderConflicts, OrderDeliveries } from './order-related.tsx'
import { sentence, tagText } from './sentence.ts'

/** One order: what it is, what it comes to, everything that was heard of it, and who was told. */
export default function OrderDrawer({ id }: { id: string }) {
  const w = useWords(words)
  const parts = useWords(partWords)
  const orderId = id.slice(id.indexOf('/') + 1)
  const query = useQuery(read<OrderDetail>(orderPath(id), undefined, { everyMs: 5000 }))
  const order = query.data
  if (!order)
    return (
      <Drawer560
        title={w.order}
        id={orderId}
        tabs={[
          {
            key: 'none',
            label: parts.overview,
            body: query.isError ? (
              <Reason problem={query.error} onRetry={() => void query.refetch()} />
            ) : (
              <Loading shape="rows" what={w.order} />
            ),
          },
        ]}
      />
    )
  return (
    <Drawer560
      title={`${w.order} …${orderId.slice(-4)}`}
      id={orderId}
      status={<OrderState status={order.status} />}
      actions={<PullAgain id={id} />}
      tabs={[
        { key: 'overview', label: parts.overview, body: <Overview order={order} /> },
        {
          key: 'timeline',
          label: `${parts.timeline} ${order.timeline.length || ''}`,
          body: <Timeline rows={order.timeline} />,
        },
        { key: 'deliveries', label: w.deliveries, body: <OrderDeliveries orderId={orderId} /> },
        { key: 'conflicts', label: w.conflicts, body: <OrderConflicts order={order} /> },
      ]}
    />
  )
}

function PullAgain({ id }: { id: string }) {
  const w = useWords(words)
  const may = useMayChange()
  const { run, running, problem } = useAction<string>()
  const pull = {
    key: 'pull',
    label: w.pullAgain,
    done: w.pulled,
    run: async () => {
      await api.post(`${orderPath(id)}/pull`)
      await refresh(`${path}/orders`)
    },
  }
  return (
    <>
      <Button size="small" disabled={!may} loading={running === 'pull'} onClick={() => void run(pull, [id])}>
        {w.pullAgain}
      </Button>
      {problem !== undefined && (
        <div style={{ flexBasis: '100%' }}>
          <Reason problem={problem} />
        </div>
      )}
    </>
  )
}

function Overview({ order }: { order: OrderDetail }) {
  const w = useWords(words)
  const { nameOf } = useShops()
  const milestones = ['created', 'paid', 'shipped', 'finished', 'closed'] as const
  return (
    <>
      {order.isExtra && <Alert type="error" showIcon title={w['why-extra']} />}
      {order.imbalance && (
        <Alert
          type="error"
          showIcon
          title={w.imbalance}
          description={sentence(order.imbalance, w.language)}
        />
      )}
      <MoneyLadder order={order} />
      <Items lines={order.lines} />
      <Facts
        rows={[
          [w.shop, <span key="s">{nameOf(order.shopId)}</span>],
          [w.platform, w[order.platform as 'doudian'] ?? order.platform],
          [w.source, w[order.source]],
          [w.difference, <Differences key="d" order={order} />],
          ...milestones
            .filter((one) => order.times[one])
            .map(
              (one) =>
                [w[`${one}At`], <When key={one} at={order.times[one]} exact />] as [string, React.ReactNode],
            ),
        ]}
      />
      <BuyerFacts order={order} />
    </>
  )
}

/** Every push and every page in the order in which we saw them, and what each did. */
function Timeline({ rows }: { rows: TimelineRow[] }) {
  const w = useWords(words)
  if (!rows.length) return <p className="d-muted">{w.noTimeline}</p>
  return (
    <Trail
      steps={[...rows].reverse().map((row) => ({
        key: row.id,
        tone: outcomes[row.outcome],
        title: (
          <span className="d-labels">
            {w[row.source]}
            {row.status && <OrderState status={row.status} />}
            {row.outcome !== 'moved' && (
              <Status tone={outcomes[row.outcome]}>{w[`out-${row.outcome}`]}</Status>
            )}
          </span>
        ),
        atMs: row.seenAtMs,
        note: (
          <>
            <div>{sentence(row.why, w.language)}</div>
            <div className="d-muted">
              {row.tag ? `${w.tag} ${tagText(row.tag, w.language)}` : w.page}
              {row.atMs ? ` · ${fill(w.saidAt, { t: time(row.atMs) })}` : ''}
            </div>
            {row.msgId && (
              <div className="d-muted">
                {w.msgId} <Id value={row.msgId} />
              </div>
            )}
          </>
        ),
      }))}
    />
  )
}
