import { useQuery } from '@tanstack/react-query'
import { words } from '#capabilities/sell/inventory/words.ts'
import { ago, money, num } from '#console/format.ts'
import { useNow } from '#console/parts/clock.ts'
import { Metric } from '#console/parts/metric.tsx'
import { Num } from '#console/parts/values.tsx'
import { fill, useWords } from '#console/words.ts'
import { daysText, Figure, summaryQuery, Tiles } from './stock-cells.tsx'

/** The numbers above the stock; each opens the rows that add up to it. */
export function Figures() {
  const w = useWords(words)
  const now = useNow()
  const { data } = useQuery(summaryQuery)
  const ofSkus = fill(w.ofSkus, { n: num(data?.skus) })
  // Nothing is known of what it cost: that is no zero.
  const isCostKnown = data && !(data.deadSkus > 0 && data.deadWithoutCost >= data.deadSkus)
  const open = data && Object.values(data.warnings).reduce((sum, count) => sum + count, 0)
  return (
    <Tiles>
      <Metric
        name={w.outOfStock}
        value={data?.outOfStock}
        text={
          <Figure under={ofSkus}>
            <Num value={data?.outOfStock} />
          </Figure>
        }
        definition={w.outOfStockIs}
        href="/inventory?cover=out"
      />
      <Metric
        name={w.outWithin7}
        value={data?.outWithin7Days}
        text={
          <Figure under={ofSkus}>
            <Num value={data?.outWithin7Days} />
          </Figure>
        }
        definition={w.outWithin7Is}
        href="/inventory?cover=week"
      />
      <Metric
        name={w.medianCover}
        value={data?.medianDaysOfCover}
        text={
          <Figure under={w.median}>
            <span className="d-num">{daysText(data?.medianDaysOfCover)}</span>
            {data?.medianDaysOfCover != null && <small>{w.daysUnit}</small>}
          </Figure>
        }
        definition={w.medianCoverIs}
      />
      <Metric
        name={w.toOrder}
        value={data?.toOrderSkus}
        text={
          <Figure under={fill(w.unitsOf, { n: num(data?.toOrderUnits) })}>
            <Num value={data?.toOrderSkus} />
          </Figure>
        }
        definition={w.toOrderIs}
        href="/inventory?tab=purchases"
      />
      <Metric
        name={w.openWarnings}
        value={open}
        text={
          <Figure
            under={data?.judgedAtMs ? fill(w.judged, { t: ago(data.judgedAtMs, now, w.language) }) : '—'}
          >
            <Num value={open} />
          </Figure>
        }
        definition={fill(w.openWarningsIs, {
          out: num(data?.warnings['stock-out-ahead']),
          dead: num(data?.warnings['dead-stock']),
          spike: num(data?.warnings['demand-spike']),
        })}
        href="/inventory?tab=warnings"
      />
      <Metric
        name={w.dead}
        value={data?.deadFen}
        text={
          <Figure under={fill(w.deadUnder, { n: num(data?.deadUnits) })}>
            <span className="d-num" title={money(data && Math.round(data.deadFen))}>
              {isCostKnown ? (
                <>
                  ¥<Num value={data && data.deadFen / 100} as="compact" />
                </>
              ) : (
                '—'
              )}
            </span>
          </Figure>
        }
        definition={fill(w.deadIs, {
          skus: num(data?.deadSkus),
          units: num(data?.deadUnits),
          without: num(data?.deadWithoutCost),
        })}
        href="/inventory?warning=dead-stock"
      />
      <Metric
        name={w.health}
        value={data?.health.score}
        text={
          <Figure under="/ 100">
            <Num value={data?.health.score} />
          </Figure>
        }
        definition={
          <>
            {w.healthIs}
            {data?.health.parts.map(({ key, weight, share }) => (
              <div key={key}>
                {w[`part-${key}`]} {share === null ? '—' : `${Math.round(share * 100)}%`} × {weight}
              </div>
            ))}
          </>
        }
        href="/inventory?tab=reports"
      />
      <Metric
        name={w.lateShops}
        value={data?.lateShops}
        text={
          <Figure under={w.shops}>
            <Num value={data?.lateShops} />
          </Figure>
        }
        definition={w.lateShopsIs}
        href="/inventory?tab=shops"
      />
    </Tiles>
  )
}
