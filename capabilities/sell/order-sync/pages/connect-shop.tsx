import { Form, Input, Modal } from 'antd'
import { useState } from 'react'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { api, refresh } from '#console/client.ts'
import { useDone } from '#console/parts/confirm.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { path, type Shop } from './order-cells.tsx'

const mostDays = 90

/** Connects a shop, or reads the past of one that is connected. */
export default function ConnectShop({
  shop,
  what,
  close,
}: {
  shop?: Shop
  what: 'connect' | 'backfill'
  close: () => void
}) {
  const w = useWords(words)
  const done = useDone()
  const [shopId, setShopId] = useState(shop?.shopId ?? '')
  const [days, setDays] = useState(String(mostDays))
  const [isTried, setTried] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const isConnecting = what === 'connect'
  const least = isConnecting ? 0 : 1
  const isIdFine = !isConnecting || /^\d{1,20}$/.test(shopId.trim())
  const areDaysFine = /^\d{1,2}$/.test(days.trim()) && Number(days) >= least && Number(days) <= mostDays
  const send = async () => {
    setTried(true)
    if (!isIdFine || !areDaysFine) return
    setBusy(true)
    setProblem(undefined)
    try {
      const id = shopId.trim()
      if (isConnecting) await api.post(`${path}/shops`, { shopId: id, backfillDays: Number(days) })
      else await api.post(`${path}/shops/${encodeURIComponent(id)}/backfill`, { days: Number(days) })
      await refresh(path)
      done(isConnecting ? fill(w.connected, { id }) : w.backfillStarted)
      close()
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setBusy(false)
    }
  }
  const wrong = (isFine: boolean, help: string) =>
    isTried && !isFine ? { validateStatus: 'error' as const, help } : {}
  return (
    <Modal
      open
      title={isConnecting ? w.connect : w.backfill}
      okText={isConnecting ? w.connect : w.backfill}
      cancelText={w.cancel}
      confirmLoading={isBusy}
      onOk={() => void send()}
      onCancel={close}
    >
      <div className="d-stack">
        <p className="d-muted">{isConnecting ? w.connectSays : shop?.name || shop?.shopId}</p>
        {problem !== undefined && <Reason problem={problem} />}
        <Form layout="vertical">
          {isConnecting && (
            <Form.Item label={w.shopId} {...wrong(isIdFine, w.badShopId)}>
              <Input
                autoFocus
                className="d-mono"
                inputMode="numeric"
                value={shopId}
                aria-label={w.shopId}
                onChange={({ target }) => setShopId(target.value)}
              />
            </Form.Item>
          )}
          <Form.Item
            label={w.backfillDays}
            {...wrong(areDaysFine, fill(w.badDays, { from: least, to: mostDays }))}
          >
            <Input
              inputMode="numeric"
              value={days}
              aria-label={w.backfillDays}
              onChange={({ target }) => setDays(target.value)}
            />
          </Form.Item>
        </Form>
      </div>
    </Modal>
  )
}
