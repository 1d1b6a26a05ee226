import { lazy, Suspense } from 'react'
import { Page } from '#console/parts/page.tsx'
import { lazyTabs } from '#console/parts/tabs.tsx'
import { useWords } from '#console/words.ts'
import { AddButton, Intake } from './pages/intake.tsx'
import { useRunning } from './pages/running.ts'
import { useUploads } from './pages/uploads.ts'
import { words } from './words.ts'

const tabs = lazyTabs({
  library: () => import('./pages/library.tsx'),
  batches: () => import('./pages/batches.tsx'),
  statistics: () => import('./pages/statistics.tsx'),
  rules: () => import('./pages/rules.tsx'),
})

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
        tabs={tabs.keys.map((key) => ({ key, label: w[key] }))}
        actions={<AddButton />}
      >
        {(tab) => (
          <>
            {isBusy && (
              <Suspense>
                <Underway />
              </Suspense>
            )}
            {tabs.show(tab)}
          </>
        )}
      </Page>
    </Intake>
  )
}
