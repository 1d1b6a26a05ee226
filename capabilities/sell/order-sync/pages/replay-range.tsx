import { Form, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { api, refresh } from '#console/client.ts'
import { num, time } from '#console/format.ts'
import { useDone } from '#console/parts/confirm.tsx'
import type { Option } from '#console/parts/filter-fields.ts'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { path } from './order-cells.tsx'
import { fulfilmentWords } from './words.ts'

const hourMs = 3_600_000
const states = ['waiting', 'done', 'dead'] as const
/** `2026-11-22T20:00` of Shanghai, as the browser's own field writes it. */
const fieldTime = (ms: number) => time(ms).slice(0, 16).replace(' ', 'T')
const msOf = (text: string) => Date.parse(`${text.slice(0, 16)}:00+08:00`)

/** Delivers everything of a time once more, under the same ids. */
export default function ReplayRange({ subscribers, close }: { subscribers: Option[]; close: () => void }) {
  const w = useWords(fulfilmentWords)
  const room = useWords(words)
  const done = useDone()
  const [from, setFrom] = useState(() => fieldTime(Date.now() - hourMs))
  const [until, setUntil] = useState(() => fieldTime(Date.now() + 60_000))
  const [subscriberId, setSubscriber] = useState('')
  const [state, setState] = useState('dead')
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const isFine = msOf(until) > msOf(from)
  const replay = async () => {
    if (!isFine) return
    setBusy(true)
    setProblem(undefined)
    try {
      const { replayed } = await api.post<{ replayed: number }>(`${path}/deliveries/replay`, {
        from: msOf(from),
        until: msOf(until),
        ...(subscriberId ? { subscriberId } : {}),
        ...(state ? { state } : {}),
      })
      await refresh(`${path}/deliveries`)
      done(fill(w.replayDone, { n: num(replayed) }))
      close()
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setBusy(false)
    }
  }
  const moment = (label: string, value: string, set: (text: string) => void) => (
    <Form.Item label={label} style={{ flex: '1 1 200px' }}>
      <Input
        type="datetime-local"
        value={value}
        aria-label={label}
        onChange={({ target }) => set(target.value)}
      />
    </Form.Item>
  )
  return (
    <Modal
      open
      title={w.replayRange}
      okText={w.replay}
      cancelText={room.cancel}
      confirmLoading={isBusy}
      okButtonProps={{ disabled: !isFine }}
      onOk={() => void replay()}
      onCancel={close}
    >
      <div className="d-stack">
        <p className="d-muted">{w.replaySays}</p>
        {problem !== undefined && <Reason problem={problem} />}
        <Form layout="vertical">
          <div style={{ display: 'flex', flexWrap: 'wrap', gap: '0 12px' }}>
            {moment(w.from, from, setFrom)}
            {moment(w.until, until, setUntil)}
          </div>
          {!isFine && <p className="d-ink-error">{w.badRange}</p>}
          <Form.Item label={w.subscriber}>
            <Select
              aria-label={w.subscriber}
              value={subscriberId}
              onChange={setSubscriber}
              options={[{ value: '', label: w.all }, ...subscribers]}
            />
          </Form.Item>
          <Form.Item label={room.status}>
            <Select
              aria-label={room.status}
              value={state}
              onChange={setState}
              options={[
                { value: '', label: w.all },
                ...states.map((value) => ({ value, label: w[`del-${value}`] })),
              ]}
            />
          </Form.Item>
        </Form>
      </div>
    </Modal>
  )
}
