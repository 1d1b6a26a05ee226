import { Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useMayChange } from '#console/me.ts'
import { Page } from '#console/parts/page.tsx'
import { lazyTabs } from '#console/parts/tabs.tsx'
import { usePhone } from '#console/preferences.ts'
import { useWords } from '#console/words.ts'
import { words } from './words.ts'

const tabs = lazyTabs({
  orders: () => import('./pages/orders.tsx'),
  reports: () => import('./pages/reports.tsx'),
  conflicts: () => import('./pages/conflicts.tsx'),
  deliveries: () => import('./pages/deliveries.tsx'),
  shops: () => import('./pages/shops.tsx'),
})
const RunNow = lazy(() => import('./pages/run-now.tsx'))
const Files = lazy(() => import('./pages/files.tsx'))
const PullOne = lazy(() => import('./pages/pull-one.tsx'))

/** Orders: do our books equal the platform's, and what was repaired? */
export default function OrderSync() {
  const w = useWords(words)
  const may = useMayChange()
  const phone = usePhone()
  const [asked, setAsked] = useState<'run' | 'pull' | 'files'>()
  const close = () => setAsked(undefined)
  return (
    <Page
      title={w.title}
      question={w.question}
      tabs={tabs.keys.map((key) => ({ key, label: w[key] }))}
      actions={
        <>
          {!phone && <Button onClick={() => setAsked('files')}>{w.files}</Button>}
          <Button disabled={!may} onClick={() => setAsked('pull')}>
            {w.pullOne}
          </Button>
          <Button type="primary" disabled={!may} onClick={() => setAsked('run')}>
            {w.reconcileNow}
          </Button>
        </>
      }
    >
      {(tab) => (
        <>
          {tabs.show(tab)}
          <Suspense>
            {asked === 'run' && <RunNow close={close} />}
            {asked === 'files' && <Files close={close} />}
            {asked === 'pull' && <PullOne close={close} />}
          </Suspense>
        </>
      )}
    </Page>
  )
}
