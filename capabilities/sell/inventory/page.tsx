import { Button } from 'antd'
import { lazy, type ReactNode, Suspense } from 'react'
import { useAddress } from '#console/address.ts'
import { Loading } from '#console/parts/loading.tsx'
import { Page } from '#console/parts/page.tsx'
import { useWords } from '#console/words.ts'
import { words } from './words.ts'

const tabs: Record<string, () => ReactNode> = {
  stock: lazy(() => import('./pages/stock.tsx')) as unknown as () => ReactNode,
  warnings: lazy(() => import('./pages/warnings.tsx')) as unknown as () => ReactNode,
  purchases: lazy(() => import('./pages/purchases.tsx')) as unknown as () => ReactNode,
  shops: lazy(() => import('./pages/shops.tsx')) as unknown as () => ReactNode,
  reports: lazy(() => import('./pages/reports.tsx')) as unknown as () => ReactNode,
}

/** Stock: what runs out next, and how much to buy? */
export default function Inventory() {
  const w = useWords(words)
  const [search, change] = useAddress()
  return (
    <Page
      title={w.title}
      question={w.question}
      tabs={Object.keys(tabs).map((key) => ({ key, label: w[key as 'stock'] }))}
      actions={
        search['tab'] !== 'purchases' && (
          <Button type="primary" onClick={() => change({ tab: 'purchases', open: undefined })}>
            {w.makePurchase}
          </Button>
        )
      }
    >
      {(tab) => {
        const Tab = tabs[tab]!
        return (
          <Suspense fallback={<Loading shape="rows" />}>
            <Tab key={tab} />
          </Suspense>
        )
      }}
    </Page>
  )
}
