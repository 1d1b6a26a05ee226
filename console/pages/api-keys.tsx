import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Form, Input, Modal, Select, Space } from 'antd'
import { useState } from 'react'
import { api, read, refresh } from '#console/client.ts'
import { useMe } from '#console/me.ts'
import { useAction } from '#console/parts/bulk-bar.tsx'
import { useCopy } from '#console/parts/copy.ts'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Label } from '#console/parts/status.tsx'
import { When } from '#console/parts/values.tsx'
import { fill, useWords } from '#console/words.ts'
import { keyWords } from './words.ts'

type ApiKey = {
  id: string
  name: string
  scopes: string[]
  createdAtMs: number
  lastUsedAtMs?: number | null
  expiresAtMs?: number | null
}

const path = '/api/system/api-keys'

/** The keys of programs: make one, see it once, take it away. */
export function ApiKeys() {
  const w = useWords(keyWords)
  const query = useQuery(read<{ items: ApiKey[]; scopes?: string[] }>(path))
  const owner = useMe()?.role === 'owner'
  const [making, setMaking] = useState(false)
  const { run, problem } = useAction<ApiKey>()
  if (query.isPending) return <Loading shape="rows" what={w.what} />
  if (!query.data) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  const revoke = (key: ApiKey) =>
    run(
      {
        key: key.id,
        label: w.revoke,
        danger: true,
        done: w.revoked,
        run: async () => {
          await api.delete(`${path}/${encodeURIComponent(key.id)}`)
          await refresh(path)
        },
        confirm: () => ({ title: fill(w.revokeTitle, { name: key.name }), effect: w.revokeEffect }),
      },
      [key],
    )
  const create = (
    <Button type="primary" size="small" disabled={!owner} onClick={() => setMaking(true)}>
      {w.create}
    </Button>
  )
  return (
    <Card title={w.title} extra={create}>
      <p className="d-muted d-card-note">{w.intro}</p>
      {problem !== undefined && <Reason problem={problem} />}
      {query.data.items.map((key) => (
        <div key={key.id} className="d-job">
          <div className="d-job-head">
            <span className="d-job-name">{key.name}</span>
            {key.scopes.map((scope) => (
              <Label key={scope}>{scope}</Label>
            ))}
            <span className="d-space" />
            <Button size="small" type="text" danger disabled={!owner} onClick={() => void revoke(key)}>
              {w.revoke}
            </Button>
          </div>
          <div className="d-job-facts">
            {w.createdAt} <When at={key.createdAtMs} /> · {w.lastUsedAt}{' '}
            {key.lastUsedAtMs ? <When at={key.lastUsedAtMs} /> : w.never} ·{' '}
            {key.expiresAtMs ? (
              <>
                {w.expiresAt} <When at={key.expiresAtMs} exact />
              </>
            ) : (
              w.forever
            )}
          </div>
        </div>
      ))}
      {!query.data.items.length && <Empty2 kind="unstarted" text={w.empty} />}
      {making && <Make scopes={query.data.scopes ?? ['read', 'write']} close={() => setMaking(false)} />}
    </Card>
  )
}

type Wish = { name: string; scopes: string[]; expiresDays?: number }

function Make({ scopes, close }: { scopes: string[]; close: () => void }) {
  const w = useWords(keyWords)
  const copy = useCopy()
  const [made, setMade] = useState<string>()
  const [problem, setProblem] = useState<unknown>()
  const save = async ({ expiresDays, ...wish }: Wish) => {
    setProblem(undefined)
    try {
      const { key } = await api.post<{ key: string }>(path, {
        ...wish,
        ...(expiresDays ? { expiresDays } : {}),
      })
      setMade(key)
      await refresh(path)
    } catch (thrown) {
      setProblem(thrown)
    }
  }
  // The key is shown once: a click beside the dialog must not lose it.
  return (
    <Modal
      open
      title={w.create}
      onCancel={close}
      footer={null}
      mask={{ closable: !made }}
      closable={!made}
      width={480}
    >
      {problem !== undefined && <Reason problem={problem} />}
      {made ? (
        <Space orientation="vertical" size={12}>
          <Alert type="success" showIcon title={w.made} description={w.madeNote} />
          <code className="d-secret">{made}</code>
          <Space>
            <Button type="primary" onClick={() => void copy(made)}>
              {w.copy}
            </Button>
            <Button onClick={close}>{w.saved}</Button>
          </Space>
        </Space>
      ) : (
        <Form<Wish>
          layout="vertical"
          requiredMark={false}
          initialValues={{ scopes: scopes.slice(0, 1), expiresDays: 90 }}
          onFinish={(wish) => void save(wish)}
        >
          <Form.Item name="name" label={w.name} rules={[{ required: true, message: w.needName }]}>
            <Input autoFocus maxLength={60} placeholder={w.nameHint} />
          </Form.Item>
          <Form.Item
            name="scopes"
            label={w.scopes}
            rules={[{ required: true, type: 'array', min: 1, message: w.needScope }]}
          >
            <Select mode="multiple" options={scopes.map((scope) => ({ value: scope, label: scope }))} />
          </Form.Item>
          <Form.Item name="expiresDays" label={w.expires}>
            <Select
              options={[
                ...[30, 90, 365].map((n) => ({ value: n, label: fill(w.days, { n }) })),
                { value: 0, label: w.forever },
              ]}
            />
          </Form.Item>
          <div className="d-gate-actions">
            <Button type="text" onClick={close}>
              {w.cancel}
            </Button>
            <Button type="primary" htmlType="submit">
              {w.create}
            </Button>
          </div>
        </Form>
      )}
    </Modal>
  )
}
