import { useQuery } from '@tanstack/react-query'
import { Button, Checkbox, Form, Input } from 'antd'
import { useState } from 'react'
import type { Wishes } from '#capabilities/sell/inventory/shops.ts'
import { words } from '#capabilities/sell/inventory/words.ts'
import { api, read, refresh } from '#console/client.ts'
import { useMayChange } from '#console/me.ts'
import { useDone } from '#console/parts/confirm.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { isLead, isPercent, leadOf, percentText, shareOf } from './policy-form.tsx'
import { path } from './stock-cells.tsx'
import { shopWords } from './words.ts'

export const wishesQuery = read<Wishes>(`${path}/wishes`)
const mostRecipients = 20

/** What holds for every SKU and shop that says nothing else, and who gets mail. */
export function WishesCard() {
  const w = useWords(shopWords)
  const query = useQuery(wishesQuery)
  if (query.isError && !query.data)
    return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  return (
    <Card title={w.wishes}>
      {query.data && <WishesForm key={query.dataUpdatedAt ? 'read' : ''} wishes={query.data} />}
    </Card>
  )
}

function WishesForm({ wishes }: { wishes: Wishes }) {
  const w = useWords(shopWords)
  const room = useWords(words)
  const may = useMayChange()
  const done = useDone()
  const [level, setLevel] = useState(percentText(wishes.serviceLevel))
  const [lead, setLead] = useState(wishes.leadDays === null ? '' : String(wishes.leadDays))
  const [who, setWho] = useState(wishes.recipients.join(', '))
  const [mailsWarnings, setMailsWarnings] = useState(wishes.mailsWarnings)
  const [mailsReport, setMailsReport] = useState(wishes.mailsReport)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const recipients = who.split(/[,，;；\s]+/).filter(Boolean)
  const areRecipientsFine =
    recipients.length <= mostRecipients && recipients.every((one) => /^[^@\s]+@[^@\s]+$/.test(one))
  const save = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      await api.put(`${path}/wishes`, {
        serviceLevel: shareOf(level),
        leadDays: leadOf(lead),
        recipients,
        mailsWarnings,
        mailsReport,
      })
      await refresh(path)
      done(room.saved)
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setBusy(false)
    }
  }
  const wrong = (isFine: boolean, help: string) => (isFine ? {} : { validateStatus: 'error' as const, help })
  const range = (from: number, to: number) => fill(room.badNumber, { from, to })
  const flex = (basis: number) => ({ flex: `1 1 ${basis}px`, marginBottom: 12 })
  return (
    <Form layout="vertical" disabled={!may}>
      <p className="d-muted">{w.wishesSay}</p>
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: '0 16px', marginTop: 8 }}>
        <Form.Item label={room.serviceField} style={flex(160)} {...wrong(isPercent(level), range(50, 99.9))}>
          <Input
            inputMode="decimal"
            value={level}
            placeholder="95"
            aria-label={room.serviceField}
            onChange={({ target }) => setLevel(target.value)}
          />
        </Form.Item>
        <Form.Item label={room.leadField} style={flex(160)} {...wrong(isLead(lead), range(0, 180))}>
          <Input
            inputMode="numeric"
            value={lead}
            placeholder="7"
            aria-label={room.leadField}
            onChange={({ target }) => setLead(target.value)}
          />
        </Form.Item>
        <Form.Item label={w.recipients} style={flex(320)} {...wrong(areRecipientsFine, w.badRecipients)}>
          <Input
            value={who}
            placeholder={w.recipientsPlace}
            aria-label={w.recipients}
            onChange={({ target }) => setWho(target.value)}
          />
        </Form.Item>
      </div>
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: 16, alignItems: 'center' }}>
        <Checkbox checked={mailsWarnings} onChange={({ target }) => setMailsWarnings(target.checked)}>
          {w.mailsWarnings}
        </Checkbox>
        <Checkbox checked={mailsReport} onChange={({ target }) => setMailsReport(target.checked)}>
          {w.mailsReport}
        </Checkbox>
        <span className="d-space" />
        <Button
          disabled={!may || !isPercent(level) || !isLead(lead) || !areRecipientsFine}
          loading={isBusy}
          onClick={() => void save()}
        >
          {room.save}
        </Button>
      </div>
      {problem !== undefined && <Reason problem={problem} />}
    </Form>
  )
}
