import { Button } from 'antd'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { useMayChange } from '#console/me.ts'
import { Loading } from '#console/parts/loading.tsx'
import { Page } from '#console/parts/page.tsx'
import { useWords } from '#console/words.ts'
import { words } from './words.ts'

const tabs: Record<string, () => ReactNode> = {
  orders: lazy(() => import('./pages/orders.tsx')) as unknown as () => ReactNode,
  reports: lazy(() => import('./pages/reports.tsx')) as unknown as () => ReactNode,
  conflicts: lazy(() => import('./pages/conflicts.tsx')) as unknown as () => ReactNode,
  deliveries: lazy(() => import('./pages/deliveries.tsx')) as unknown as () => ReactNode,
  shops: lazy(() => import('./pages/shops.tsx')) as unknown as () => ReactNode,
}
const RunNow = lazy(() => import('./pages/run-now.tsx'))
const PullOne = lazy(() => import('./pages/pull-one.tsx'))

/** Orders: do our books equal the platform's, and what was repaired? */
export default function OrderSync() {
  const w = useWords(words)
  const may = useMayChange()
  const [asked, setAsked] = useState<'run' | 'pull'>()
  const close = () => setAsked(undefined)
  return (
    <Page
      title={w.title}
      question={w.question}
      tabs={Object.keys(tabs).map((key) => ({ key, label: w[key as 'orders'] }))}
      actions={
        <>
          <Button disabled={!may} onClick={() => setAsked('pull')}>
            {w.pullOne}
          </Button>
          <Button type="primary" disabled={!may} onClick={() => setAsked('run')}>
            {w.reconcileNow}
          </Button>
        </>
      }
    >
      {(tab) => {
        const Tab = tabs[tab]!
        return (
          <>
            <Suspense fallback={<Loading shape="rows" />}>
              <Tab key={tab} />
            </Suspense>
            <Suspense>
              {asked === 'run' && <RunNow close={close} />}
              {asked === 'pull' && <PullOne close={close} />}
            </Suspense>
          </>
        )
      }}
    </Page>
  )
}
