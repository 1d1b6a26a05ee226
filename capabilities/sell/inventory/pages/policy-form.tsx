import { Button, Form, Input } from 'antd'
import { useState } from 'react'
import { words } from '#capabilities/sell/inventory/words.ts'
import { api, refresh } from '#console/client.ts'
import { useDone } from '#console/parts/confirm.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { path } from './stock-cells.tsx'

type Own = { serviceLevel: number | null; leadDays: number | null }
type PolicyProps = {
  /** Where it is sent to: a SKU or a shop. */
  at: string
  own: Own
  /** Given for a SKU. */
  cost?: number | null
  /** What holds where nothing is said. */
  hints?: { serviceLevel: number; leadDays: number }
  close: () => void
}

/** `12.30` as 1230, without a float on the way; NaN where it is no amount. */
function fenOf(yuan: string): number {
  const parts = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(yuan.trim())
  return parts ? Number(parts[1]) * 100 + Number((parts[2] ?? '').padEnd(2, '0')) : Number.NaN
}
const numberOf = (text: string) => (/^\d{1,3}(\.\d{1,2})?$/.test(text.trim()) ? Number(text) : Number.NaN)
const isIn = (value: number, from: number, to: number) => value >= from && value <= to
export const percentText = (share: number | null) =>
  share === null ? '' : String(Math.round(share * 1000) / 10)
export const isPercent = (text: string) => text.trim() === '' || isIn(numberOf(text), 50, 99.9)
export const isLead = (text: string) => /^\d*$/.test(text.trim()) && Number(text) <= 180
export const shareOf = (text: string) => (text.trim() === '' ? null : Math.round(numberOf(text) * 10) / 1000)
export const leadOf = (text: string) => (text.trim() === '' ? null : Number(text))

/** Service level, lead time and cost; left empty, what lies above holds again. */
export default function PolicyForm({ at, own, cost, hints, close }: PolicyProps) {
  const w = useWords(words)
  const done = useDone()
  const [level, setLevel] = useState(percentText(own.serviceLevel))
  const [lead, setLead] = useState(own.leadDays === null ? '' : String(own.leadDays))
  const [yuan, setYuan] = useState(cost == null ? '' : (cost / 100).toFixed(2))
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const isCostFine = yuan.trim() === '' || !Number.isNaN(fenOf(yuan))
  const isFine = isPercent(level) && isLead(lead) && isCostFine
  const save = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      await api.patch(at, {
        serviceLevel: shareOf(level),
        leadDays: leadOf(lead),
        ...(cost === undefined ? {} : { costFen: yuan.trim() === '' ? null : fenOf(yuan) }),
      })
      await refresh(path)
      done(w.saved)
      close()
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setBusy(false)
    }
  }
  const field = (
    label: string,
    value: string,
    set: (text: string) => void,
    isRight: boolean,
    range: [number, number],
    hint?: string,
  ) => (
    <Form.Item
      label={label}
      style={{ marginBottom: 12 }}
      {...(isRight
        ? {}
        : { validateStatus: 'error' as const, help: fill(w.badNumber, { from: range[0], to: range[1] }) })}
    >
      <Input
        inputMode="decimal"
        value={value}
        aria-label={label}
        placeholder={hint ?? ''}
        onChange={({ target }) => set(target.value)}
      />
    </Form.Item>
  )
  return (
    <Form layout="vertical">
      {problem !== undefined && <Reason problem={problem} />}
      {field(
        w.serviceField,
        level,
        setLevel,
        isPercent(level),
        [50, 99.9],
        hints && percentText(hints.serviceLevel),
      )}
      {field(w.leadField, lead, setLead, isLead(lead), [0, 180], hints && String(hints.leadDays))}
      {cost !== undefined && field(w.costField, yuan, setYuan, isCostFine, [0, 999_999_999])}
      <p className="d-muted">{w.emptyInherits}</p>
      <div style={{ display: 'flex', gap: 8, marginTop: 8 }}>
        <Button type="primary" disabled={!isFine} loading={isBusy} onClick={() => void save()}>
          {w.save}
        </Button>
        <Button onClick={close}>{w.cancel}</Button>
      </div>
    </Form>
  )
}
