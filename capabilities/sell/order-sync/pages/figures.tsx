import { useQuery } from '@tanstack/react-query'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { money, num } from '#console/format.ts'
import { Metric } from '#console/parts/metric.tsx'
import { Num } from '#console/parts/values.tsx'
import { fill, useWords } from '#console/words.ts'
import { Figure, summaryQuery, Tiles } from './order-cells.tsx'

/** The numbers above the orders; each opens the rows that add up to it. */
export function Figures() {
  const w = useWords(words)
  const { data } = useQuery(summaryQuery)
  const reconciled = data?.reconciled
  const kind = (name: 'missing' | 'extra' | 'status' | 'amount') => {
    const count = reconciled?.byKind[name]
    return (
      <Metric
        name={w[`dif-${name}`]}
        value={count?.found}
        text={
          <Figure under={money(count?.offFen)}>
            <Num value={count?.found} as="compact" />
          </Figure>
        }
        definition={fill(w.kindIs, { n: num(count?.repaired) })}
        href={`/order-sync?difference=${name}`}
      />
    )
  }
  return (
    <Tiles>
      <Metric
        name={w.share}
        value={reconciled?.share}
        text={
          <Figure under={`${num(reconciled?.equal)} / ${num(reconciled?.compared)}`}>
            <Share value={reconciled?.share} />
          </Figure>
        }
        definition={w.shareIs}
        href="/order-sync?tab=reports"
      />
      {kind('missing')}
      {kind('extra')}
      {kind('status')}
      {kind('amount')}
      <Metric
        name={w.delay}
        value={data?.pushDelayP95Ms}
        text={
          <Figure under={w.last24h}>
            <Num value={data?.pushDelayP95Ms} as="latency" />
          </Figure>
        }
        definition={w.delayIs}
      />
      <Metric
        name={w.repeatRate}
        value={data?.pushes24h.repeatShare}
        text={
          <Figure under={fill(w.repeatsOf, { n: num(data?.pushes24h.repeats) })}>
            <Num value={data?.pushes24h.repeatShare} as="percent" />
          </Figure>
        }
        definition={fill(w.repeatRateIs, {
          n: num(data?.pushes24h.repeats),
          forged: num(data?.pushes24h.forged),
        })}
        href="/order-sync?tab=conflicts&kind=repeat"
      />
      <Metric
        name={w.today}
        value={data?.today.orders}
        text={
          <Figure under={money(data?.today.paidFen)}>
            <Num value={data?.today.orders} as="compact" />
          </Figure>
        }
        definition={fill(w.todayIs, {
          paid: money(data?.today.paidFen),
          refunded: money(data?.today.refundedFen),
        })}
        href="/order-sync?when=today"
      />
    </Tiles>
  )
}

/** 99.98 % and 100 % are not the same news: near the top a second digit is shown, and 100 only where all are equal. */
export function Share({ value }: { value: number | null | undefined }) {
  const percent = (value ?? 0) * 100
  const isNear = value != null && value > 0.99 && value < 1
  return isNear ? (
    <span className="d-num">{(Math.floor(percent * 100) / 100).toFixed(2)}%</span>
  ) : (
    <Num value={value} as="percent" />
  )
}
