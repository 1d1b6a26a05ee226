import { Button, Space } from 'antd'
import { lazy, Suspense, useState } from 'react'
import type { Board } from '#capabilities/sell/flash-sale/views.ts'
import { words } from '#capabilities/sell/flash-sale/words.ts'
import { api, refresh } from '#console/client.ts'
import { useMayChange } from '#console/me.ts'
import { type Action, useAction } from '#console/parts/bulk-bar.tsx'
import { useDone } from '#console/parts/confirm.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { path, type Sale, salePath } from './sale-cells.tsx'

const AddStock = lazy(async () => ({ default: (await import('./sale-questions.tsx')).AddStock }))
const EndEarly = lazy(async () => ({ default: (await import('./sale-questions.tsx')).EndEarly }))

/** What can be done with many sales at once; one that is over stays over. */
export function useSaleActions(): { pause: Action<Sale>; resume: Action<Sale> } {
  const w = useWords(words)
  const done = useDone()
  const put = async (status: 'on' | 'paused', sales: Sale[]) => {
    await Promise.all(sales.map(({ saleId }) => api.patch(salePath(saleId), { status })))
    await refresh(path)
  }
  const open = (sales: Sale[]) => sales.filter(({ phase }) => phase !== 'closed')
  return {
    pause: {
      key: 'z',
      label: w.pause,
      run: async (sales) => {
        const running = open(sales).filter(({ status }) => status === 'on')
        await put('paused', running)
        done(fill(w.pausedDone, { n: running.length }), () => put('on', running))
      },
    },
    resume: {
      key: 'u',
      label: w.resume,
      run: async (sales) => {
        const paused = open(sales).filter(({ status }) => status === 'paused')
        await put('on', paused)
        done(fill(w.resumedDone, { n: paused.length }))
      },
    },
  }
}

/** The buttons of one sale: nothing can be done with one that is over. */
export function SaleButtons({ sale, store }: { sale: Sale; store?: Board['store'] | undefined }) {
  const w = useWords(words)
  const may = useMayChange()
  const { pause, resume } = useSaleActions()
  const { run, running, problem } = useAction<Sale>()
  const [asking, setAsking] = useState<'stock' | 'end'>()
  const close = () => setAsking(undefined)
  const rebuild: Action<Sale> = {
    key: 'b',
    label: w.rebuild,
    done: w.rebuildDone,
    run: () => api.post(`${salePath(sale.saleId)}/rebuild`),
    confirm: () => ({ title: fill(w.rebuildTitle, { name: sale.name }), effect: w.rebuildEffect }),
  }
  if (sale.phase === 'closed') return null
  const first = sale.status === 'paused' ? resume : pause
  const button = (action: Action<Sale>) => (
    <Button
      size="small"
      disabled={!may}
      loading={running === action.key}
      onClick={() => void run(action, [sale])}
    >
      {action.label}
    </Button>
  )
  return (
    <Space size={8} wrap>
      {problem !== undefined && <Reason problem={problem} />}
      {button(first)}
      <Button size="small" disabled={!may} onClick={() => setAsking('stock')}>
        {w.addStock}
      </Button>
      {store === 'redis' && button(rebuild)}
      <Button size="small" danger disabled={!may} onClick={() => setAsking('end')}>
        {w.endEarly}
      </Button>
      <Suspense>
        {asking === 'stock' && <AddStock sale={sale} close={close} />}
        {asking === 'end' && <EndEarly sale={sale} close={close} />}
      </Suspense>
    </Space>
  )
}
