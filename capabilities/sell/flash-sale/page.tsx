import { Button } from 'antd'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { useMayChange } from '#console/me.ts'
import { Loading } from '#console/parts/loading.tsx'
import { Page } from '#console/parts/page.tsx'
import { useWords } from '#console/words.ts'
import { words } from './words.ts'

const tabs: Record<string, () => ReactNode> = {
  sales: lazy(() => import('./pages/sales.tsx')) as unknown as () => ReactNode,
  live: lazy(() => import('./pages/live.tsx')) as unknown as () => ReactNode,
  rehearsals: lazy(() => import('./pages/rehearsals.tsx')) as unknown as () => ReactNode,
}
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
      tabs={Object.keys(tabs).map((key) => ({ key, label: w[key as 'sales'] }))}
      actions={
        <Button type="primary" disabled={!may} onClick={() => setCreating(true)}>
          {w.newSale}
        </Button>
      }
    >
      {(tab) => {
        const Tab = tabs[tab]!
        return (
          <>
            <Suspense fallback={<Loading shape="rows" />}>
              <Tab key={tab} />
            </Suspense>
            <Suspense>{isCreating && <NewSale close={() => setCreating(false)} />}</Suspense>
          </>
        )
      }}
    </Page>
  )
}
