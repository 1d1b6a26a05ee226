import { Button } from 'antd'
import { useAddress } from '#console/address.ts'
import { Page } from '#console/parts/page.tsx'
import { lazyTabs } from '#console/parts/tabs.tsx'
import { useWords } from '#console/words.ts'
import { words } from './words.ts'

const tabs = lazyTabs({
  stock: () => import('./pages/stock.tsx'),
  warnings: () => import('./pages/warnings.tsx'),
  purchases: () => import('./pages/purchases.tsx'),
  shops: () => import('./pages/shops.tsx'),
  reports: () => import('./pages/reports.tsx'),
})

/** Stock: what runs out next, and how much to buy? */
export default function Inventory() {
  const w = useWords(words)
  const [search, change] = useAddress()
  return (
    <Page
      title={w.title}
      question={w.question}
      tabs={tabs.keys.map((key) => ({ key, label: w[key] }))}
      actions={
        search['tab'] !== 'purchases' && (
          <Button type="primary" onClick={() => change({ tab: 'purchases', open: undefined })}>
            {w.makePurchase}
          </Button>
        )
      }
    >
      {tabs.show}
    </Page>
  )
}
