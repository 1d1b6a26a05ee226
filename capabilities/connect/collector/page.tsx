import { lazy, type ReactNode, Suspense } from 'react'
import { Loading } from '#console/parts/loading.tsx'
import { Page } from '#console/parts/page.tsx'
import { useWords } from '#console/words.ts'
import { CollectAll } from './pages/collect.tsx'
import { words } from './words.ts'

const tabs: Record<string, () => ReactNode> = {
  sources: lazy(() => import('./pages/sources.tsx')) as unknown as () => ReactNode,
  videos: lazy(() => import('./pages/videos.tsx')) as unknown as () => ReactNode,
  comments: lazy(() => import('./pages/comments.tsx')) as unknown as () => ReactNode,
  hotLists: lazy(() => import('./pages/hot-lists.tsx')) as unknown as () => ReactNode,
  runs: lazy(() => import('./pages/runs.tsx')) as unknown as () => ReactNode,
}

/** Collection: how fresh each account's data is, what is missing, and the rows themselves. */
export default function Collector() {
  const w = useWords(words)
  return (
    <Page
      title={w.title}
      question={w.question}
      tabs={Object.keys(tabs).map((key) => ({ key, label: w[key as 'videos'] }))}
      actions={<CollectAll />}
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
