import { useQuery } from '@tanstack/react-query'
import { Form, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import type { Board } from '#capabilities/sell/flash-sale/views.ts'
import { words } from '#capabilities/sell/flash-sale/words.ts'
import { api, read, refresh } from '#console/client.ts'
import { num } from '#console/format.ts'
import { useDone } from '#console/parts/confirm.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { path, type Sale, salePath } from './sale-cells.tsx'

export function AddStock({ sale, close }: { sale: Sale; close: () => void }) {
  const w = useWords(words)
  const done = useDone()
  const [sku, setSku] = useState(sale.skus[0]!.sku)
  const [text, setText] = useState('')
  const [problem, setProblem] = useState<unknown>()
  const { data } = useQuery(read<Board>(salePath(sale.saleId), undefined, { everyMs: 2000 }))
  const count = data?.ledger.find((each) => each.sku === sku)
  const units = /^\d{1,8}$/.test(text.trim()) ? Number(text) : 0
  const add = async () => {
    setProblem(undefined)
    try {
      // The platform takes the whole figure, so it is read again at the last moment.
      const { ledger } = await api.get<Board>(salePath(sale.saleId))
      const stock = (ledger.find((each) => each.sku === sku)?.stock ?? 0) + units
      await api.patch(salePath(sale.saleId), { stock: [{ sku, stock }] })
      done(fill(w.stockDone, { sku, n: num(stock) }))
      await refresh(path)
      close()
    } catch (thrown) {
      setProblem(thrown)
    }
  }
  return (
    <Modal
      open
      title={fill(w.addStockTitle, { name: sale.name })}
      width={420}
      okText={w.addStock}
      cancelText={w.cancel}
      okButtonProps={{ disabled: units === 0 }}
      onOk={add}
      onCancel={close}
    >
      {problem !== undefined && <Reason problem={problem} />}
      <Form layout="vertical">
        <Form.Item label={w.sku}>
          <Select
            aria-label={w.sku}
            value={sku}
            onChange={setSku}
            options={sale.skus.map((each) => ({ value: each.sku, label: `${each.title} · ${each.sku}` }))}
          />
        </Form.Item>
        <Form.Item
          label={w.unitsToAdd}
          extra={count && fill(w.addStockSays, { stock: num(count.stock), free: num(count.free) })}
        >
          <Input
            autoFocus
            inputMode="numeric"
            value={text}
            aria-label={w.unitsToAdd}
            onChange={({ target }) => setText(target.value)}
          />
        </Form.Item>
      </Form>
    </Modal>
  )
}

export function EndEarly({ sale, close }: { sale: Sale; close: () => void }) {
  const w = useWords(words)
  const done = useDone()
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<unknown>()
  const question = fill(w.typeName, { name: sale.name })
  const end = async () => {
    setProblem(undefined)
    try {
      await api.patch(salePath(sale.saleId), { status: 'closed' })
      done(fill(w.endedDone, { name: sale.name }))
      await refresh(path)
      close()
    } catch (thrown) {
      setProblem(thrown)
    }
  }
  return (
    <Modal
      open
      title={fill(w.endTitle, { name: sale.name })}
      width={440}
      okText={w.endEarly}
      cancelText={w.cancel}
      okButtonProps={{ danger: true, disabled: typed.trim() !== sale.name.trim() }}
      onOk={end}
      onCancel={close}
    >
      {problem !== undefined && <Reason problem={problem} />}
      <p>{w.endEffect}</p>
      <div className="d-confirm-count">
        {question}
        <Input
          autoFocus
          aria-label={question}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
        />
      </div>
    </Modal>
  )
}
