import { useQuery } from '@tanstack/react-query'
import type { ReportBody } from '#capabilities/sell/inventory/report.ts'
import { words } from '#capabilities/sell/inventory/words.ts'
import { read } from '#console/client.ts'
import { money, num } from '#console/format.ts'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { buckets, daysText, path, titleOf } from './stock-cells.tsx'
import { reportWords } from './words.ts'
import '#console/paper.css'

/** One week on a sheet of paper, as it was when it was made. */
export function WeeklySheet({ week }: { week: string }) {
  const w = useWords(reportWords)
  const room = useWords(words)
  const query = useQuery(read<ReportBody>(`${path}/reports/${week}`))
  if (query.isError && !query.data)
    return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Loading shape="page" />
  const { fromDate, toDate, health, previousScore, tally, platforms, sales, urgent, dead, spikes } =
    query.data
  const figure = (name: string, value: string, note?: string) => (
    <div>
      <span>{name}</span>
      <b>{value}</b>
      {note && <span>{note}</span>}
    </div>
  )
  return (
    <article className="d-paper">
      <header>
        <h2>{w.paper}</h2>
        <p>
          {fromDate} – {toDate}
        </p>
      </header>
      <div className="d-paper-figures">
        {figure(
          w.score,
          num(health.score),
          previousScore === null ? undefined : fill(w.before, { n: previousScore }),
        )}
        {figure(room.outOfStock, num(tally.outOfStock))}
        {figure(room.outWithin7, num(tally.outWithin7Days))}
        {figure(room.medianCover, daysText(tally.medianDaysOfCover), room.median)}
        {figure(
          room.dead,
          money(
            tally.deadSkus > 0 && tally.deadWithoutCost >= tally.deadSkus ? null : Math.round(tally.deadFen),
          ),
          fill(room.deadUnder, { n: num(tally.deadUnits) }),
        )}
      </div>
      <h3>{w.parts}</h3>
      <table>
        <tbody>
          {health.parts.map(({ key, weight, share }) => (
            <tr key={key}>
              <td>{room[`part-${key}`]}</td>
              <td style={{ width: '34%' }}>
                <svg viewBox="0 0 100 8" width="100%" height="8" preserveAspectRatio="none" aria-hidden>
                  <rect width="100" height="8" fill="var(--d-head)" />
                  <rect width={100 * (share ?? 0)} height="8" fill="var(--d-info)" />
                </svg>
              </td>
              <td className="d-right-cell d-num">{share === null ? '—' : `${Math.round(share * 100)}%`}</td>
              <td className="d-right-cell d-num">× {weight}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>{w.sales}</h3>
      <Sales sales={sales} />
      <h3>{w.byPlatform}</h3>
      <div className="d-paper-wide">
        <table>
          <thead>
            <tr>
              <th>{room.platform}</th>
              <th className="d-right-cell">{w.skus}</th>
              {buckets.map((bucket) => (
                <th key={bucket} className="d-right-cell">
                  {room[bucket]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {platforms.map((one) => (
              <tr key={one.platform}>
                <td>{room[one.platform]}</td>
                <td className="d-right-cell d-num">{num(one.skus)}</td>
                {buckets.map((bucket) => (
                  <td key={bucket} className="d-right-cell d-num">
                    {num(one.buckets[bucket])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h3>{w.urgent}</h3>
      {urgent.length === 0 ? (
        <p>{w.nothingUrgent}</p>
      ) : (
        <Rows
          head={[room.available, room.inTransit, room.perDay, room.cover, room.reorderPoint, room.suggested]}
          rows={urgent.map((one) => ({
            key: `${one.shopId}/${one.sku}`,
            sku: one.sku,
            title: titleOf(one),
            cells: [
              num(one.available),
              num(one.inTransit),
              daysText(one.perDay),
              daysText(one.daysOfCover),
              num(one.reorderPoint),
              num(one.suggested),
            ],
          }))}
        />
      )}
      <h3>{w.deadList}</h3>
      {dead.length === 0 ? (
        <p>{w.nothing}</p>
      ) : (
        <Rows
          head={[room.available, room.quietDays]}
          rows={dead.map((one) => warningRow(one, ['available', 'quietDays']))}
        />
      )}
      <h3>{w.spikes}</h3>
      {spikes.length === 0 ? (
        <p>{w.nothing}</p>
      ) : (
        <Rows
          head={[room.sold3, room.expected3]}
          rows={spikes.map((one) => warningRow(one, ['sold', 'expected']))}
        />
      )}
    </article>
  )
}

const warningRow = (one: ReportBody['dead'][number], keys: string[]) => ({
  key: one.warningId,
  sku: one.sku,
  title: one.title,
  cells: keys.map((key) => daysText(Number(one.detail[key]))),
})

type Row = { key: string; sku: string; title: string; cells: string[] }

function Rows({ head, rows }: { head: string[]; rows: Row[] }) {
  const room = useWords(words)
  return (
    <div className="d-paper-wide">
      <table>
        <thead>
          <tr>
            <th>{room.sku}</th>
            <th>{room.product}</th>
            {head.map((title) => (
              <th key={title} className="d-right-cell">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              <td className="d-mono">{row.sku}</td>
              <td>{row.title}</td>
              {row.cells.map((cell, i) => (
                <td key={head[i]} className="d-right-cell d-num">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const width = 680

/** Bars of one height unit each day; the dates of every seventh stand below. */
function Sales({ sales }: Pick<ReportBody, 'sales'>) {
  const most = Math.max(1, ...sales.map(({ units }) => units))
  const step = width / Math.max(1, sales.length)
  return (
    <svg viewBox={`0 0 ${width} 132`} width="100%" role="img" fontSize="11" fill="var(--d-text2)">
      <title>{sales.map(({ date, units }) => `${date} ${units}`).join(', ')}</title>
      <text x={width} y="10" textAnchor="end">
        {num(most)}
      </text>
      {sales.map(({ date, units }, i) => (
        <rect
          key={date}
          x={i * step + 1}
          y={112 - (98 * units) / most}
          width={Math.max(1, step - 2)}
          height={(98 * units) / most}
          fill="var(--d-info)"
        />
      ))}
      <line x1="0" x2={width} y1="112.5" y2="112.5" stroke="var(--d-line)" />
      {sales.map(({ date }, i) =>
        i % 7 === 0 ? (
          <text key={date} x={i * step} y="127">
            {date.slice(5)}
          </text>
        ) : null,
      )}
    </svg>
  )
}
