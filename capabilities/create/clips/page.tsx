import { Button } from 'antd'
import { lazy, type ReactNode, Suspense } from 'react'
import { useAddress } from '#console/address.ts'
import { useMayChange } from '#console/me.ts'
import { Loading } from '#console/parts/loading.tsx'
import { Page } from '#console/parts/page.tsx'
import { useWords } from '#console/words.ts'
import { words } from './words.ts'

const tabs: Record<string, () => ReactNode> = {
  jobs: lazy(() => import('./pages/jobs.tsx')) as unknown as () => ReactNode,
  clips: lazy(() => import('./pages/clips.tsx')) as unknown as () => ReactNode,
  editor: lazy(() => import('./pages/editor.tsx')) as unknown as () => ReactNode,
}

/** Clips: is my batch done, is it right, and if not, what stopped? */
export default function Clips() {
  const w = useWords(words)
  const may = useMayChange()
  const [search, change] = useAddress()
  return (
    <Page
      title={w.title}
      question={w.question}
      tabs={Object.keys(tabs).map((key) => ({ key, label: w[key as 'jobs'] }))}
      actions={
        search['tab'] !== 'editor' && (
          <Button type="primary" disabled={!may} onClick={() => change({ tab: 'editor', open: undefined })}>
            {w.newJob}
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
