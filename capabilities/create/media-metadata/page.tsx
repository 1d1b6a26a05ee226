import { lazy, type ReactNode, Suspense } from 'react'
import { Loading } from '#console/parts/loading.tsx'
import { Page } from '#console/parts/page.tsx'
import { useWords } from '#console/words.ts'
import { AddButton, Intake } from './pages/intake.tsx'
import { useRunning } from './pages/running.ts'
import { useUploads } from './pages/uploads.ts'
import { words } from './words.ts'

const tabs: Record<string, () => ReactNode> = {
  library: lazy(() => import('./pages/library.tsx')) as unknown as () => ReactNode,
  batches: lazy(() => import('./pages/batches.tsx')) as unknown as () => ReactNode,
  statistics: lazy(() => import('./pages/statistics.tsx')) as unknown as () => ReactNode,
  rules: lazy(() => import('./pages/rules.tsx')) as unknown as () => ReactNode,
}

const Underway = lazy(() => import('./pages/underway.tsx'))

/** Media check: which files are ready for Douyin, and what is wrong with the rest. */
export default function MediaMetadata() {
  const w = useWords(words)
  const running = useRunning()
  const isBusy = useUploads().files.length + running.length > 0
  return (
    <Intake>
      <Page
        title={w.title}
        question={w.question}
        tabs={Object.keys(tabs).map((key) => ({ key, label: w[key as 'library'] }))}
        actions={<AddButton />}
      >
        {(tab) => {
          const Tab = tabs[tab]!
          return (
            <>
              {isBusy && (
                <Suspense>
                  <Underway />
                </Suspense>
              )}
              <Suspense fallback={<Loading shape="rows" />}>
                <Tab key={tab} />
              </Suspense>
            </>
          )
        }}
      </Page>
    </Intake>
  )
}
