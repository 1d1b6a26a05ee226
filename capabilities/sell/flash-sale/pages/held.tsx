import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useEffect, useState } from 'react'
import type { Reservation } from '#capabilities/sell/flash-sale/books.ts'
import { words } from '#capabilities/sell/flash-sale/words.ts'
import { api, type ListPage, read, refresh } from '#console/client.ts'
import { num } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import { type Action, useAction } from '#console/parts/bulk-bar.tsx'
import { useDone } from '#console/parts/confirm.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Grid } from '#console/parts/grid.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Id } from '#console/parts/values.tsx'
import { fill, useWords } from '#console/words.ts'
import { salePath } from './sale-cells.tsx'

const most = 100

/** Units held and not paid, with the seconds that are left. */
export function Held({ saleId, height }: { saleId: string; height?: number }) {
  const w = useWords(words)
  const may = useMayChange()
  const done = useDone()
  const nowMs = useSecond()
  const { run, running, problem } = useAction<Reservation>()
  const held = `${salePath(saleId)}/reservations`
  const query = useQuery(
    read<ListPage<Reservation>>(held, { state: 'held', sort: 'expiry', limit: most }, { everyMs: 2000 }),
  )
  if (query.isError && !query.data)
    return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Loading shape="rows" what={w.reservations} />
  const rows = query.data.items
  if (!rows.length) return <Empty2 kind="done" text={w.noHeld} />
  const release = (id: string): Action<Reservation> => ({
    key: id,
    label: w.release,
    confirm: ([row]) => ({
      title: w.releaseTitle,
      effect: fill(w.releaseEffect, { items: itemsText(row!) }),
    }),
    run: async () => {
      const { outcome } = await api.post<{ outcome: string }>(`${held}/${encodeURIComponent(id)}/release`)
      done(outcome === 'was-confirmed' ? w.wasConfirmed : w.releasedDone)
      await refresh(salePath(saleId))
    },
  })
  return (
    <>
      {problem !== undefined && <Reason problem={problem} />}
      <Grid<Reservation>
        rows={rows}
        rowKey={({ reservationId }) => reservationId}
        {...(height ? { height } : {})}
        columns={[
          {
            key: 'reservation',
            title: w.reservation,
            width: 118,
            render: ({ reservationId }) => <Id value={reservationId} />,
          },
          { key: 'buyer', title: w.buyer, width: 104, render: ({ buyerId }) => <Id value={buyerId} /> },
          { key: 'items', title: w.items, width: 118, render: itemsText },
          {
            key: 'left',
            title: w.left,
            width: 80,
            align: 'right',
            render: ({ expiresAtMs }) => {
              const seconds = Math.ceil((expiresAtMs - nowMs) / 1000)
              return seconds <= 0 ? (
                <span className="d-muted">{w.overdue}</span>
              ) : (
                <span className={seconds < 60 ? 'd-ink-warning' : undefined}>{num(seconds)}</span>
              )
            },
          },
          {
            key: 'release',
            title: '',
            width: 72,
            align: 'right',
            render: (row) => (
              <Button
                size="small"
                type="link"
                disabled={!may}
                loading={running === row.reservationId}
                onClick={() => void run(release(row.reservationId), [row])}
              >
                {w.release}
              </Button>
            ),
          },
        ]}
      />
      {query.data.next && (
        <p className="d-muted" style={{ marginTop: 8 }}>
          {fill(w.firstHeld, { n: most })}
        </p>
      )}
    </>
  )
}

const itemsText = ({ items }: Reservation) =>
  items.map(({ sku, quantity }) => `${sku} × ${num(quantity)}`).join(' · ')

/** Now, in seconds: hold times run out under the reader's eyes. */
function useSecond() {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return now
}
