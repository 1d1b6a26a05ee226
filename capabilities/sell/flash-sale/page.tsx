import { Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useMayChange } from '#console/me.ts'
import { Page } from '#console/parts/page.tsx'
import { lazyTabs } from '#console/parts/tabs.tsx'
import { useWords } from '#console/words.ts'
import { words } from './words.ts'

const tabs = lazyTabs({
  sales: () => import('./pages/sales.tsx'),
  live: () => import('./pages/live.tsx'),
  rehearsals: () => import('./pages/rehearsals.tsx'),
})
const NewSale = lazy(() => import('./pages/new-sale.tsx'))

/** Flash sale: is the sale fair and exact at this second? */
export default function FlashSale() {
  const w = useWords(words)
  const may = useMayChange()
  const [isCreating, setCreating] = useState(false)
  return (
    <Page
      title={w.title}
      question={w.question}
      tabs={tabs.keys.map((key) => ({ key, label: w[key] }))}
      actions={
        <Button type="primary" disabled={!may} onClick={() => setCreating(true)}>
          {w.newSale}
        </Button>
      }
    >
      {(tab) => (
        <>
          {tabs.show(tab)}
          <Suspense>{isCreating && <NewSale close={() => setCreating(false)} />}</Suspense>
        </>
      )}
    </Page>
  )
}
