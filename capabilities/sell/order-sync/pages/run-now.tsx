import { Checkbox, Form, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { useAddress } from '#console/address.ts'
import { api } from '#console/client.ts'
import { day, dayStart } from '#console/format.ts'
import { Reason } from '#console/parts/reason.tsx'
import { useWords } from '#console/words.ts'
import { path, useShops } from './order-cells.tsx'

/** Compares one day of one shop now, and puts it right where that is asked for. */
export default function RunNow({ close }: { close: () => void }) {
  const w = useWords(words)
  const [search, change] = useAddress()
  const { options } = useShops()
  const today = day(Date.now())
  const [shownShop, shownDay] = (search['tab'] === 'reports' ? (search['open'] ?? '') : '').split('/')
  const [chosen, setShop] = useState(shownShop || search['shop'])
  const [date, setDate] = useState(shownDay || today)
  const [isRepairing, setRepairing] = useState(true)
  const [isMailed, setMailed] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const shopId = chosen || options[0]?.value
  const isFine = dayStart(date) !== undefined && date <= today
  const start = async () => {
    if (!isFine || !shopId) return
    setBusy(true)
    setProblem(undefined)
    try {
      const { jobId } = await api.post<{ jobId: string | null }>(`${path}/reconciliations`, {
        shopId,
        day: date,
        repair: isRepairing,
        mail: isMailed,
      })
      close()
      change({ tab: 'reports', job: jobId ?? 'under-way', jobOf: `${shopId}/${date}`, open: undefined })
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal
      open
      title={w.runTitle}
      okText={w.run}
      cancelText={w.cancel}
      confirmLoading={isBusy}
      okButtonProps={{ disabled: !isFine || !shopId }}
      onOk={() => void start()}
      onCancel={close}
    >
      <div className="d-stack">
        <p className="d-muted">{options.length ? w.runSays : w.emptyShops}</p>
        {problem !== undefined && <Reason problem={problem} />}
        <Form layout="vertical">
          <Form.Item label={w.shop}>
            <Select aria-label={w.shop} value={shopId ?? null!} onChange={setShop} options={options} />
          </Form.Item>
          <Form.Item label={w.day} {...(isFine ? {} : { validateStatus: 'error' as const, help: w.badDay })}>
            <Input
              type="date"
              value={date}
              max={today}
              aria-label={w.day}
              onChange={({ target }) => setDate(target.value)}
            />
          </Form.Item>
          <Checkbox checked={isRepairing} onChange={({ target }) => setRepairing(target.checked)}>
            {w.withRepair}
          </Checkbox>
          <Checkbox checked={isMailed} onChange={({ target }) => setMailed(target.checked)}>
            {w.withMail}
          </Checkbox>
        </Form>
      </div>
    </Modal>
  )
}
