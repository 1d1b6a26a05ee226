import { Button } from 'antd'
import { useAddress } from '#console/address.ts'
import { useMayChange } from '#console/me.ts'
import { Page } from '#console/parts/page.tsx'
import { lazyTabs } from '#console/parts/tabs.tsx'
import { useWords } from '#console/words.ts'
import { words } from './words.ts'

const tabs = lazyTabs({
  jobs: () => import('./pages/jobs.tsx'),
  clips: () => import('./pages/clips.tsx'),
  editor: () => import('./pages/editor.tsx'),
})

/** Clips: is my batch done, is it right, and if not, what stopped? */
export default function Clips() {
  const w = useWords(words)
  const may = useMayChange()
  const [search, change] = useAddress()
  return (
    <Page
      title={w.title}
      question={w.question}
      tabs={tabs.keys.map((key) => ({ key, label: w[key] }))}
      actions={
        search['tab'] !== 'editor' && (
          <Button type="primary" disabled={!may} onClick={() => change({ tab: 'editor', open: undefined })}>
            {w.newJob}
          </Button>
        )
      }
    >
      {tabs.show}
    </Page>
  )
}
