import { Button, Checkbox, Form, Input, Modal } from 'antd'
import { useState } from 'react'
import type { Subscriber } from '#capabilities/sell/order-sync/fulfilment.ts'
import { api, refresh } from '#console/client.ts'
import { useCopy } from '#console/parts/copy.ts'
import { Reason } from '#console/parts/reason.tsx'
import { useWords } from '#console/words.ts'
import { path } from './order-cells.tsx'
import { fulfilmentWords } from './words.ts'

const events = [
  'order.created',
  'order.paid',
  'order.shipped',
  'order.finished',
  'order.closed',
  'order.refunded',
] as const

/** Names an address to be told of orders; its secret is shown once, and closing means that it was stored. */
export default function NewSubscriber({ close }: { close: () => void }) {
  const w = useWords(fulfilmentWords)
  const copy = useCopy()
  const [name, setName] = useState('')
  const [url, setUrl] = useState('')
  const [kinds, setKinds] = useState<string[]>([...events])
  const [isTried, setTried] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const [secret, setSecret] = useState<string>()
  const isNameFine = name.trim().length > 0 && name.trim().length <= 100
  const isUrlFine = /^https?:\/\/[^@\s]+$/.test(url.trim())
  const create = async () => {
    setTried(true)
    if (!isNameFine || !isUrlFine || !kinds.length) return
    setBusy(true)
    setProblem(undefined)
    try {
      const made = await api.post<{ subscriber: Subscriber; secret: string }>(`${path}/subscribers`, {
        name: name.trim(),
        url: url.trim(),
        kinds,
      })
      setSecret(made.secret)
      await refresh(`${path}/subscribers`)
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setBusy(false)
    }
  }
  const wrong = (isFine: boolean, help: string) =>
    isTried && !isFine ? { validateStatus: 'error' as const, help } : {}
  if (secret)
    return (
      <Modal
        open
        title={w.secretTitle}
        closable={false}
        mask={{ closable: false }}
        keyboard={false}
        footer={
          <>
            <Button onClick={() => void copy(secret)}>{w.copy}</Button>
            <Button type="primary" onClick={close}>
              {w.stored}
            </Button>
          </>
        }
      >
        <div className="d-stack">
          <p>{w.secretSays}</p>
          <code className="d-secret">{secret}</code>
        </div>
      </Modal>
    )
  return (
    <Modal
      open
      title={w.newSubscriber}
      okText={w.create}
      cancelText={w.cancel}
      confirmLoading={isBusy}
      onOk={() => void create()}
      onCancel={close}
    >
      <div className="d-stack">
        <p className="d-muted">{w.subscriberSays}</p>
        {problem !== undefined && <Reason problem={problem} />}
        <Form layout="vertical">
          <Form.Item label={w.subscriberName} {...wrong(isNameFine, w.badName)}>
            <Input
              autoFocus
              value={name}
              placeholder={w.subscriberPlace}
              aria-label={w.subscriberName}
              onChange={({ target }) => setName(target.value)}
            />
          </Form.Item>
          <Form.Item label={w.url} {...wrong(isUrlFine, w.badUrl)}>
            <Input
              className="d-mono"
              value={url}
              placeholder="https://"
              aria-label={w.url}
              onChange={({ target }) => setUrl(target.value)}
            />
          </Form.Item>
          <Form.Item label={w.kinds}>
            <Checkbox.Group
              value={kinds}
              onChange={(chosen) => setKinds(chosen as string[])}
              options={events.map((value) => ({ value, label: w[value] }))}
            />
          </Form.Item>
        </Form>
      </div>
    </Modal>
  )
}
