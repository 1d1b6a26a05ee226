import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useMayChange } from '#console/me.ts'
import { Loading } from '#console/parts/loading.tsx'
import { Page } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { useWords } from '#console/words.ts'
import { authorise, useCopyConsentLink } from './pages/account-actions.tsx'
import { summaryQuery } from './pages/summary.tsx'
import { words } from './words.ts'

const Accounts = lazy(() => import('./pages/accounts.tsx'))
const Quota = lazy(() => import('./pages/quota.tsx'))
const Webhooks = lazy(() => import('./pages/webhooks.tsx'))

/** Authorisation and tokens: will any account stop working, and when? */
export default function OpenPlatform() {
  const w = useWords(words)
  const summary = useQuery(summaryQuery)
  const tabs = [
    { key: 'accounts', label: w.accounts },
    { key: 'quota', label: w.quota },
    { key: 'webhooks', label: w.webhooks },
  ]
  return (
    <Page
      title={w.title}
      question={w.question}
      tabs={tabs}
      updatedAt={summary.dataUpdatedAt}
      actions={<Add />}
    >
      {(tab) => (
        <Suspense fallback={<Loading shape="rows" />}>
          {summary.isError && <Reason problem={summary.error} onRetry={() => void summary.refetch()} />}
          {tab === 'accounts' && <Accounts summary={summary.data} />}
          {tab === 'quota' && <Quota />}
          {tab === 'webhooks' && <Webhooks summary={summary.data} />}
        </Suspense>
      )}
    </Page>
  )
}

function Add() {
  const w = useWords(words)
  const may = useMayChange()
  const copyLink = useCopyConsentLink()
  const [problem, setProblem] = useState<unknown>()
  const run = (what: () => Promise<unknown>) => () => void what().catch(setProblem)
  return (
    <>
      {problem !== undefined && <Reason problem={problem} />}
      <Button disabled={!may} onClick={run(copyLink)}>
        {w.copyLink}
      </Button>
      <Button type="primary" disabled={!may} onClick={run(authorise)}>
        {w.add}
      </Button>
    </>
  )
}
