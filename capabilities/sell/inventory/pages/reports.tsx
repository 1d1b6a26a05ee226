import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { words } from '#capabilities/sell/inventory/words.ts'
import { useAddress } from '#console/address.ts'
import { api, read, refresh } from '#console/client.ts'
import { num, time } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import { type Action, useAction } from '#console/parts/bulk-bar.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { path } from './stock-cells.tsx'
import { WeeklySheet } from './weekly-sheet.tsx'
import { wishesQuery } from './wishes.tsx'
import { reportWords } from './words.ts'

type Made = { week: string; score: number | null; madeAtMs: number; mailedAtMs: number | null }
const weeksShown = 12

/** Weekly health reports: the latest on a sheet, the others by their week. */
export default function Reports() {
  const w = useWords(reportWords)
  const room = useWords(words)
  const may = useMayChange()
  const [search, change] = useAddress()
  const query = useQuery(read<{ items: Made[] }>(`${path}/reports`))
  const { data: wishes } = useQuery(wishesQuery)
  const { run, running, problem } = useAction<null>()
  const items = query.data?.items
  if (query.isError && !items) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!items) return <Loading shape="page" what={room.reports} />
  const shown = items.find(({ week }) => week === search['week']) ?? items[0]
  const make = (isMailed: boolean) => async () => {
    const { week } = await api.post<{ week: string }>(`${path}/reports`, { isMailed })
    await refresh(`${path}/reports`)
    change({ week })
  }
  const recipients = wishes?.recipients ?? []
  const making: Action<null> = { key: 'make', label: w.make, done: w.made, run: make(false) }
  const sending: Action<null> = {
    key: 'send',
    label: w.send,
    done: w.sent,
    confirm: () => ({ title: w.sendTitle, effect: fill(w.sendEffect, { who: recipients.join(', ') }) }),
    run: make(true),
  }
  return (
    <>
      <div className="d-paper-tools" style={{ alignItems: 'center' }}>
        {items.slice(0, weeksShown).map(({ week, score }) => (
          <Button
            key={week}
            type={week === shown?.week ? 'default' : 'text'}
            aria-pressed={week === shown?.week}
            onClick={() => change({ week })}
          >
            {week} {score !== null && <span className="d-muted">{num(score)}</span>}
          </Button>
        ))}
        <span className="d-space" />
        {items.length > 0 && (
          <Button disabled={!may} loading={running === 'make'} onClick={() => void run(making, [null])}>
            {w.make}
          </Button>
        )}
        <Button
          disabled={!may || recipients.length === 0}
          title={recipients.length ? recipients.join(', ') : w.nobody}
          loading={running === 'send'}
          onClick={() => void run(sending, [null])}
        >
          {w.send}
        </Button>
        {shown && (
          <Button
            href={`${path}/reports/${shown.week}/page?lang=${w.language}`}
            target="_blank"
            rel="noreferrer"
          >
            {w.print}
          </Button>
        )}
        <span style={{ flexBasis: '100%' }} className="d-muted">
          {shown &&
            `${w.madeAt} ${time(shown.madeAtMs)} · ${shown.mailedAtMs ? `${w.mailedAt} ${time(shown.mailedAtMs)}` : w.notMailed}`}
          {recipients.length === 0 && ` · ${w.nobody}`}
        </span>
        {problem !== undefined && (
          <div style={{ flexBasis: '100%' }}>
            <Reason problem={problem} />
          </div>
        )}
      </div>
      {shown ? (
        <WeeklySheet key={shown.week} week={shown.week} />
      ) : (
        <Empty2
          kind="unstarted"
          text={w.empty}
          {...(may ? { action: { label: w.make, run: () => void run(making, [null]) } } : {})}
        />
      )}
    </>
  )
}
