import { Form, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { useAddress } from '#console/address.ts'
import { api, refresh } from '#console/client.ts'
import { useDone } from '#console/parts/confirm.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { useWords } from '#console/words.ts'
import { orderPath, path, useShops } from './order-cells.tsx'

/** Asks the platform for one order, known or not. */
export default function PullOne({ close }: { close: () => void }) {
  const w = useWords(words)
  const done = useDone()
  const { options } = useShops()
  const [, change] = useAddress()
  const [chosen, setShop] = useState<string>()
  const [orderId, setOrderId] = useState('')
  const [isTried, setTried] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const shopId = chosen ?? options[0]?.value
  const isFine = /^[\w.-]{1,40}$/.test(orderId.trim())
  const pull = async () => {
    setTried(true)
    if (!isFine || !shopId) return
    setBusy(true)
    setProblem(undefined)
    const key = `${shopId}/${orderId.trim()}`
    try {
      await api.post(`${orderPath(key)}/pull`)
      await refresh(path)
      done(w.pulled)
      close()
      change({ tab: undefined, open: key })
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal
      open
      title={w.pullOne}
      okText={w.pullAgain}
      cancelText={w.cancel}
      confirmLoading={isBusy}
      onOk={() => void pull()}
      onCancel={close}
    >
      <div className="d-stack">
        <p className="d-muted">{w.pullOneSays}</p>
        {problem !== undefined && <Reason problem={problem} />}
        <Form layout="vertical">
          <Form.Item label={w.shop}>
            <Select aria-label={w.shop} value={shopId ?? null!} onChange={setShop} options={options} />
          </Form.Item>
          <Form.Item
            label={w.orderId}
            {...(isTried && !isFine ? { validateStatus: 'error' as const, help: w.badOrderId } : {})}
          >
            <Input
              autoFocus
              className="d-mono"
              value={orderId}
              aria-label={w.orderId}
              onChange={({ target }) => setOrderId(target.value)}
              onPressEnter={() => void pull()}
            />
          </Form.Item>
        </Form>
      </div>
    </Modal>
  )
}
