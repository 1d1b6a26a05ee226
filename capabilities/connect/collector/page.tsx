import { Page } from '#console/parts/page.tsx'
import { lazyTabs } from '#console/parts/tabs.tsx'
import { useWords } from '#console/words.ts'
import { CollectAll } from './pages/collect.tsx'
import { words } from './words.ts'

const tabs = lazyTabs({
  sources: () => import('./pages/sources.tsx'),
  videos: () => import('./pages/videos.tsx'),
  comments: () => import('./pages/comments.tsx'),
  hotLists: () => import('./pages/hot-lists.tsx'),
  runs: () => import('./pages/runs.tsx'),
})

/** Collection: how fresh each account's data is, what is missing, and the rows themselves. */
export default function Collector() {
  const w = useWords(words)
  return (
    <Page
      title={w.title}
      question={w.question}
      tabs={tabs.keys.map((key) => ({ key, label: w[key] }))}
      actions={<CollectAll />}
    >
      {tabs.show}
    </Page>
  )
}
