import { useQuery } from '@tanstack/react-query'
import { Button, Space } from 'antd'
import { words } from '#capabilities/connect/open-platform/words.ts'
import { type ListPage, read } from '#console/client.ts'
import { useMayChange } from '#console/me.ts'
import { useAction } from '#console/parts/bulk-bar.tsx'
import { Drawer560, Facts } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Label } from '#console/parts/status.tsx'
import { Trail } from '#console/parts/trail.tsx'
import { Id, When } from '#console/parts/values.tsx'
import { partWords } from '#console/parts/words.ts'
import { useWords } from '#console/words.ts'
import { authorise, useAccountActions } from './account-actions.tsx'
import {
  type Account,
  AccountState,
  codeText,
  eventName,
  eventTone,
  isCallable,
  Renewals,
  Trouble,
} from './account-cells.tsx'

type TokenEvent = {
  id: string
  kind: string
  atMs: number
  code: number | null
  logId: string | null
  detail: string
}

/** One account: its clocks, its scopes, and everything that happened to its tokens. */
export default function AccountDrawer({ id }: { id: string }) {
  const w = useWords(words)
  const parts = useWords(partWords)
  const path = `/api/open-platform/accounts/${encodeURIComponent(id)}`
  const query = useQuery(read<Account>(path, undefined, { topic: 'open-platform/account', everyMs: 15_000 }))
  const account = query.data
  const body = account ? (
    <Overview account={account} />
  ) : query.isError ? (
    <Reason problem={query.error} onRetry={() => void query.refetch()} />
  ) : (
    <Loading shape="rows" what={w.account} />
  )
  return (
    <Drawer560
      title={account?.nickname ?? w.account}
      id={id}
      status={account && <AccountState account={account} />}
      actions={account && <Buttons account={account} />}
      tabs={[
        { key: 'overview', label: parts.overview, body },
        { key: 'trail', label: w.trail, body: <Events path={`${path}/events`} /> },
      ]}
    />
  )
}

function Buttons({ account }: { account: Account }) {
  const w = useWords(words)
  const may = useMayChange()
  const { run, running, problem } = useAction<Account>()
  const { refreshNow, disconnect } = useAccountActions()
  return (
    <Space size={8} wrap>
      {problem !== undefined && <Reason problem={problem} />}
      {isCallable(account) ? (
        <Button
          size="small"
          type="primary"
          disabled={!may}
          loading={running === refreshNow.key}
          onClick={() => void run(refreshNow, [account])}
        >
          {w.refreshNow}
        </Button>
      ) : (
        <Button size="small" type="primary" disabled={!may} onClick={() => void authorise()}>
          {w.again}
        </Button>
      )}
      {account.status !== 'disconnected' && (
        <Button size="small" danger disabled={!may} onClick={() => void run(disconnect, [account])}>
          {w.disconnect}
        </Button>
      )}
    </Space>
  )
}

function Overview({ account }: { account: Account }) {
  const w = useWords(words)
  return (
    <>
      <Trouble account={account} />
      <Facts
        rows={[
          [w.openId, <Id key="o" value={account.openId} whole />],
          [w.authorisedAt, <When key="a" at={account.authorisedAtMs} exact />],
          [w.accessEnds, <When key="x" at={account.accessExpiresAtMs || null} exact />],
          [w.refreshEnds, <When key="r" at={account.refreshExpiresAtMs || null} exact />],
          [w.renewed, <Renewals key="n" account={account} />],
          [w.reauthoriseBy, <When key="b" at={isCallable(account) ? account.reauthoriseByMs : null} exact />],
          [
            w.scopes,
            <Space key="s" size={4} wrap>
              {account.scopes.map((scope) => (
                <Label key={scope}>
                  <span className="d-mono">{scope}</span>
                </Label>
              ))}
            </Space>,
          ],
        ]}
      />
    </>
  )
}

function Events({ path }: { path: string }) {
  const w = useWords(words)
  const query = useQuery(read<ListPage<TokenEvent>>(path, { limit: 200 }, { everyMs: 15_000 }))
  if (query.isError) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Loading shape="rows" what={w.trail} />
  if (!query.data.items.length) return <Empty2 kind="unstarted" text={w.emptyTrail} />
  return (
    <Trail
      steps={query.data.items.map(({ id, kind, atMs, code, logId, detail }) => ({
        key: id,
        tone: eventTone(kind),
        title: eventName(w, kind),
        atMs,
        note: (
          <>
            {[codeText(code, w.language), detail].filter(Boolean).join(' · ')}
            {logId && <div className="d-mono d-muted">log_id {logId}</div>}
          </>
        ),
      }))}
    />
  )
}
