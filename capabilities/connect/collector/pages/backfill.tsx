import { Form, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { words } from '#capabilities/connect/collector/words.ts'
import { api, refresh } from '#console/client.ts'
import { day, dayStart } from '#console/format.ts'
import { useDone } from '#console/parts/confirm.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { useAccounts } from './accounts.tsx'

const month = 30 * 86_400_000

/** Reads one account's videos and comments again, back to a date. */
export default function Backfill({ close }: { close: () => void }) {
  const w = useWords(words)
  const accounts = useAccounts()
  const done = useDone()
  const [accountId, setAccountId] = useState<string>()
  const [since, setSince] = useState(day(Date.now() - month))
  const [problem, setProblem] = useState<unknown>()
  const sinceMs = dayStart(since)
  const begin = async () => {
    setProblem(undefined)
    try {
      const { runIds } = await api.post<{ runIds: string[] }>('/api/collector/backfill', {
        accountId,
        since: sinceMs,
      })
      done(fill(w.started, { n: runIds.length }))
      await refresh('/api/collector')
      close()
    } catch (thrown) {
      setProblem(thrown)
    }
  }
  return (
    <Modal
      open
      title={w.backfillTitle}
      onCancel={close}
      onOk={() => void begin()}
      okText={w.begin}
      cancelText={w.cancel}
      okButtonProps={{ disabled: !accountId || sinceMs === undefined }}
      width={420}
    >
      <p className="d-muted">{w.backfillSays}</p>
      {problem !== undefined && <Reason problem={problem} />}
      <Form layout="vertical">
        <Form.Item label={w.account}>
          <Select
            aria-label={w.account}
            value={accountId ?? null!}
            onChange={setAccountId}
            options={accounts}
            placeholder={w.account}
          />
        </Form.Item>
        <Form.Item label={w.since}>
          <Input type="date" value={since} max={day(Date.now())} onChange={(e) => setSince(e.target.value)} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
