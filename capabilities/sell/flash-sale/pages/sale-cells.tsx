import { useInfiniteQuery } from '@tanstack/react-query'
import { Alert } from 'antd'
import type { Board, ListedSale } from '#capabilities/sell/flash-sale/views.ts'
import { words } from '#capabilities/sell/flash-sale/words.ts'
import { list, read } from '#console/client.ts'
import { num, time } from '#console/format.ts'
import { Grid } from '#console/parts/grid.tsx'
import { Status, type Tone } from '#console/parts/status.tsx'
import { fill, useWords } from '#console/words.ts'

export type Sale = Board['sale']

export const path = '/api/flash-sale'
export const salePath = (saleId: string) => `${path}/sales/${encodeURIComponent(saleId)}`

type Asked = { state?: string; sku?: string; text?: string; isRehearsal?: boolean }
export const salesQuery = (asked?: Asked) =>
  list<ListedSale>(`${path}/sales`, asked, { rowKey: 'saleId', everyMs: 5000 })
/** What a sale comes to now; one that is over changes no more. */
export const boardQuery = ({ saleId, phase }: { saleId: string; phase?: Sale['phase'] }) =>
  read<Board>(salePath(saleId), undefined, { everyMs: phase === 'closed' ? 60_000 : 4000 })

export function useSales(): { sales: Sale[] | undefined; problem: unknown; again: () => void } {
  const query = useInfiniteQuery(salesQuery())
  return {
    sales: query.data?.pages.flatMap(({ items }) => items),
    problem: query.data ? undefined : (query.error ?? undefined),
    again: () => void query.refetch(),
  }
}

export const phases: Record<Sale['phase'], Tone> = {
  coming: 'info',
  open: 'live',
  paused: 'warning',
  closed: 'neutral',
}

export function SaleState({ phase }: { phase: Sale['phase'] }) {
  const w = useWords(words)
  return <Status tone={phases[phase]}>{w[phase]}</Status>
}

/** Units that are nowhere: initial − (free + held + sold). */
export const missingUnits = ({ total }: Board) => total.stock - total.free - total.held - total.sold

const places = { rows: 'rows', store: 'storePlace', lost: 'lostPlace' } as const

/** How far the sale is from adding up, across the page; nothing where it does. */
export function Drift({ board }: { board: Board }) {
  const w = useWords(words)
  if (board.isExact) return null
  const open = board.alarms.filter(({ closedAtMs }) => closedAtMs === null)
  const wrong = missingUnits(board)
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={fill(w.drift, { n: open.length || 1 })}
      description={
        <>
          {wrong !== 0 && <div>{fill(w.driftSum, { n: num(wrong) })}</div>}
          {open.slice(0, 5).map((alarm) => (
            <div key={alarm.alarmId}>
              {alarmText(w, alarm)} · <span className="d-num">{time(alarm.raisedAtMs)}</span>
              <div className="d-muted">{alarm.detail}</div>
            </div>
          ))}
        </>
      }
    />
  )
}

export const alarmText = (
  w: Record<'driftLine' | (typeof places)[keyof typeof places], string>,
  { sku, place, expected, found }: Board['alarms'][number],
) => fill(w.driftLine, { sku, place: w[places[place]], expected: num(expected), found: num(found) })

/** Units of every SKU. */
export function Ledger({ ledger }: { ledger: Board['ledger'] }) {
  const w = useWords(words)
  const figure = (key: 'free' | 'held' | 'sold', title = w[key]) => ({
    key,
    title,
    width: 76,
    align: 'right' as const,
    render: (row: Board['ledger'][number]) => num(row[key]),
  })
  return (
    <Grid
      rows={ledger}
      rowKey={({ sku }) => sku}
      columns={[
        { key: 'sku', title: w.sku, width: 110, render: ({ sku }) => <span className="d-mono">{sku}</span> },
        { key: 'stock', title: w.initial, width: 76, align: 'right', render: ({ stock }) => num(stock) },
        figure('free'),
        figure('held'),
        figure('sold'),
        {
          key: 'balanced',
          title: w.balanced,
          width: 84,
          align: 'right',
          render: ({ stock, free, held, sold }) => <Balance value={stock - free - held - sold} />,
        },
      ]}
    />
  )
}

export const Balance = ({ value }: { value: number }) => (
  <span className={`d-num ${value === 0 ? 'd-ink-success' : 'd-ink-error'}`}>{num(value)}</span>
)
