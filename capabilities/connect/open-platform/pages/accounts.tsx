import { useQuery } from '@tanstack/react-query'
import { Alert } from 'antd'
import { lazy, Suspense } from 'react'
import { words } from '#capabilities/connect/open-platform/words.ts'
import { useAddress } from '#console/address.ts'
import { type ListPage, list, read } from '#console/client.ts'
import { time } from '#console/format.ts'
import { Account as Face } from '#console/parts/account.tsx'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Metric, Metrics } from '#console/parts/metric.tsx'
import { Id, When } from '#console/parts/values.tsx'
import { fill, useWords } from '#console/words.ts'
import { authorise, useAccountActions } from './account-actions.tsx'
import { type Account, AccountState, Ends, eventName, Renewals, rate, statuses } from './account-cells.tsx'
import type { Summary } from './summary.tsx'

// After the table: the charts are the larger part of the page.
const Forecast = lazy(() => import('./forecast.tsx'))
const AccountDrawer = lazy(() => import('./account-drawer.tsx'))

const path = '/api/open-platform/accounts'
const live = { topic: 'open-platform/account', rowKey: 'accountId', everyMs: 20_000 }

/** Who is connected, how long it will hold, and what to do about it. */
export default function Accounts({ summary }: { summary: Summary | undefined }) {
  const w = useWords(words)
  const all = useQuery(read<ListPage<Account>>(path, { limit: 500 }, live))
  const fields: Field[] = [
    {
      kind: 'choice',
      key: 'status',
      label: w.status,
      options: (Object.keys(statuses) as (keyof typeof statuses)[]).map((value) => ({
        value,
        label: w[value],
      })),
    },
    {
      kind: 'choice',
      key: 'expiresWithinDays',
      label: w.expiresWithin,
      options: daysOffered().map((n) => ({ value: String(n), label: fill(w.days, { n }) })),
    },
    { kind: 'text', key: 'q', label: w.find },
  ]
  const filters = useFilters(fields)
  const { refreshNow, disconnect } = useAccountActions()
  return (
    <>
      <Returned />
      <Numbers summary={summary} />
      {all.data && all.data.items.length > 0 && (
        <Suspense fallback={<div className="d-card" style={{ height: 280 }} />}>
          <Forecast accounts={all.data.items} />
        </Suspense>
      )}
      <Filters state={filters} />
      <DataTable<Account>
        name="accounts"
        source={list<Account>(path, filters.params, live)}
        columns={useColumns()}
        rowKey={({ accountId }) => accountId}
        actions={[refreshNow, disconnect]}
        drawer={(id) => (
          <Suspense>
            <AccountDrawer key={id} id={id} />
          </Suspense>
        )}
        empty={{
          kind: 'unstarted',
          text: w.emptyAccounts,
          action: { label: w.add, run: () => void authorise() },
        }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.accounts}
      />
    </>
  )
}

/** The usual ranges, and whatever a link (the calendar's) asks for. */
function daysOffered(): number[] {
  const asked = Number(new URLSearchParams(location.search).get('expiresWithinDays'))
  return [...new Set([3, 14, 30, 90, ...(asked > 0 ? [asked] : [])])].sort((a, b) => a - b)
}

/** What the consent page's way back says. */
function Returned() {
  const w = useWords(words)
  const [search, change] = useAddress()
  if (search['account'])
    return (
      <Alert
        type="success"
        showIcon
        title={w.authorised}
        closable={{ onClose: () => change({ account: undefined }) }}
      />
    )
  const error = search['error']
  if (!error) return null
  const says = error.includes('denied') ? w.denied : error.endsWith('/state') ? w.stale : undefined
  return (
    <Alert
      type="error"
      showIcon
      title={w.notAuthorised}
      description={
        <>
          {says && <div>{says}</div>}
          <span className="d-mono">{error}</span>
        </>
      }
      closable={{ onClose: () => change({ error: undefined }) }}
    />
  )
}

function Numbers({ summary }: { summary: Summary | undefined }) {
  const w = useWords(words)
  const left = summary?.quotaLeftMin
  return (
    <Metrics>
      <Metric
        name={w.works}
        value={summary?.active}
        unit={summary ? `/ ${summary.total}` : ''}
        definition={w.worksIs}
        href="/open-platform?status=active"
      />
      <Metric
        name={w.soon}
        value={summary?.reauthoriseWithin30Days}
        definition={w.soonIs}
        href="/open-platform?expiresWithinDays=30"
      />
      <Metric
        name={w.success}
        value={summary?.refreshSuccess24h.ok}
        text={summary && rate(summary.refreshSuccess24h.ok, summary.refreshSuccess24h.tried)}
        unit={summary ? `${summary.refreshSuccess24h.ok} / ${summary.refreshSuccess24h.tried}` : ''}
        definition={w.successIs}
      />
      <Metric
        name={w.left}
        value={left?.remaining}
        unit={left ? fill(w.leftOf, { family: left.family }) : ''}
        definition={w.leftIs}
        href="/open-platform?tab=quota"
      />
    </Metrics>
  )
}

function useColumns(): Column<Account>[] {
  const w = useWords(words)
  return [
    {
      key: 'nickname',
      title: w.account,
      mobile: 'title',
      render: ({ nickname }) => <Face name={nickname} />,
      value: ({ nickname }) => nickname,
    },
    {
      key: 'openId',
      title: w.openId,
      width: 130,
      render: ({ openId }) => <Id value={openId} />,
      value: ({ openId }) => openId,
    },
    {
      key: 'scopes',
      title: w.scopes,
      width: 74,
      render: ({ scopes }) => (
        <span title={scopes.join('\n')}>{fill(w.scopesCount, { n: scopes.length })}</span>
      ),
      value: ({ scopes }) => scopes.join(' '),
    },
    {
      key: 'access',
      title: w.accessEnds,
      width: 112,
      render: (account) => (
        <Ends account={{ ...account, warnLevel: 'none' }} at={account.accessExpiresAtMs} />
      ),
      value: (account) => time(account.accessExpiresAtMs),
    },
    {
      key: 'refresh',
      title: w.refreshEnds,
      width: 112,
      render: (account) => (
        <Ends account={{ ...account, warnLevel: 'none' }} at={account.refreshExpiresAtMs} />
      ),
      value: (account) => time(account.refreshExpiresAtMs),
    },
    {
      key: 'renewals',
      title: w.renewed,
      width: 84,
      align: 'right',
      render: (account) => <Renewals account={account} />,
      value: (account) => account.renewals,
    },
    {
      key: 'reauthorise',
      title: w.reauthoriseBy,
      width: 124,
      mobile: 'main',
      render: (account) => <Ends account={account} at={account.reauthoriseByMs} />,
      value: (account) => time(account.reauthoriseByMs),
    },
    {
      key: 'lastEvent',
      title: w.lastEvent,
      width: 160,
      mobile: 'main',
      render: ({ lastEvent }) =>
        lastEvent ? (
          <span className="d-clip" title={lastEvent.detail}>
            {eventName(w, lastEvent.kind)}{' '}
            <span className="d-muted">
              <When at={lastEvent.atMs} />
            </span>
          </span>
        ) : (
          '—'
        ),
      value: ({ lastEvent }) => lastEvent && `${lastEvent.kind} ${time(lastEvent.atMs)}`,
    },
    {
      key: 'status',
      title: w.status,
      width: 118,
      mobile: 'side',
      render: (account) => <AccountState account={account} />,
      value: ({ status }) => status,
    },
  ]
}
