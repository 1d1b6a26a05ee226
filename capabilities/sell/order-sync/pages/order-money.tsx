import type { OrderDetail } from '#capabilities/sell/order-sync/catalogue.ts'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { money, num } from '#console/format.ts'
import { Grid } from '#console/parts/grid.tsx'
import { Status } from '#console/parts/status.tsx'
import { Id, Money, When } from '#console/parts/values.tsx'
import { useWords } from '#console/words.ts'

/** Items + freight − discounts = paid, − refunds = net: each line a sum, and whether it holds. */
export function MoneyLadder({ order }: { order: OrderDetail }) {
  const w = useWords(words)
  const { itemsFen, freightFen, discountFen, totalFen, paidFen, refundedFen, times } = order
  const isPaid = times.paid !== undefined
  const line = (sign: string, name: string, fen: number | null, isSum = false) => (
    <tr style={isSum ? { fontWeight: 600 } : undefined}>
      <td style={{ width: 20, textAlign: 'center' }} className="d-muted">
        {sign}
      </td>
      <td>{name}</td>
      <td className="d-num" style={{ textAlign: 'right' }}>
        {money(fen)}
      </td>
    </tr>
  )
  return (
    <section className="d-card">
      <div className="d-card-head">
        <h2>{w.money}</h2>
        <span className="d-space" />
        {order.imbalance ? (
          <Status tone="error">{w.imbalance}</Status>
        ) : isPaid ? (
          <Status tone="success">{w.balance}</Status>
        ) : (
          <Status tone="neutral">{w.notPaid}</Status>
        )}
      </div>
      <table style={{ width: '100%', borderSpacing: '0 2px' }}>
        <tbody>
          {line('', w.itemsFen, itemsFen)}
          {line('+', w.freightFen, freightFen)}
          {line('−', w.discountFen, discountFen)}
          {line('=', w.totalFen, totalFen, true)}
          {line('', w.paidFen, isPaid ? paidFen : null)}
          {refundedFen > 0 && line('−', w.refund, refundedFen)}
          {refundedFen > 0 && line('=', w.netFen, (paidFen ?? 0) - refundedFen, true)}
        </tbody>
      </table>
      <p className="d-muted">{w.adds}</p>
      <Refunds refunds={order.refunds} />
    </section>
  )
}

function Refunds({ refunds }: Pick<OrderDetail, 'refunds'>) {
  const w = useWords(words)
  if (!refunds.length) return null
  return (
    <Grid
      rows={refunds}
      rowKey={({ refundId }) => refundId}
      columns={[
        { key: 'id', title: w.refunds, render: ({ refundId }) => <Id value={refundId} /> },
        { key: 'status', title: w.status, width: 84, render: ({ status }) => w[`ref-${status}`] },
        { key: 'fen', title: w.amount, width: 92, align: 'right', render: ({ fen }) => <Money fen={fen} /> },
        { key: 'at', title: w.changedAt, width: 110, render: ({ atMs }) => <When at={atMs} /> },
      ]}
    />
  )
}

export function Items({ lines }: Pick<OrderDetail, 'lines'>) {
  const w = useWords(words)
  if (!lines.length) return <p className="d-muted">{w.noItems}</p>
  return (
    <Grid
      rows={lines}
      rowKey={({ lineId }) => lineId}
      columns={[
        {
          key: 'name',
          title: w.items,
          render: ({ name, sku }) => (
            <span className="d-two">
              <span>{name}</span>
              <small className="d-mono">{sku}</small>
            </span>
          ),
        },
        {
          key: 'quantity',
          title: w.quantity,
          width: 60,
          align: 'right',
          render: ({ quantity }) => num(quantity),
        },
        {
          key: 'sum',
          title: w.amount,
          width: 98,
          align: 'right',
          render: ({ sumFen }) => <Money fen={sumFen} />,
        },
        {
          key: 'paid',
          title: w.paidFen,
          width: 98,
          align: 'right',
          render: ({ paidFen }) => <Money fen={paidFen} />,
        },
      ]}
    />
  )
}
