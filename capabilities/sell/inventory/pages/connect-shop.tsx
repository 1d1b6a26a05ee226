import { useQuery } from '@tanstack/react-query'
import { Form, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import type { Platform } from '#capabilities/sell/inventory/inventory.ts'
import { words } from '#capabilities/sell/inventory/words.ts'
import { api, read, refresh } from '#console/client.ts'
import { useDone } from '#console/parts/confirm.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { path } from './stock-cells.tsx'
import { shopWords } from './words.ts'

type Choice = { platform: Platform; credentials: string[] }
const isSecret = (field: string) => /secret|token|session/i.test(field)

/** Connects a platform with the credentials that it wants, or makes a shop that is counted by files. */
export default function ConnectShop({ close }: { close: () => void }) {
  const w = useWords(shopWords)
  const room = useWords(words)
  const done = useDone()
  const { data } = useQuery(read<{ items: Choice[] }>(`${path}/platforms`))
  const choices = data?.items ?? []
  const [chosen, setChosen] = useState<Platform>()
  const platform = chosen ?? choices[0]?.platform
  const fields = choices.find((one) => one.platform === platform)?.credentials ?? []
  const [name, setName] = useState('')
  const [typed, setTyped] = useState<Record<string, string>>({})
  const [isTried, setTried] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const isNameFine = name.trim().length > 0 && name.trim().length <= 100
  const lacks = fields.filter((field) => !typed[field]?.trim())
  const connect = async () => {
    setTried(true)
    if (!platform || !isNameFine || lacks.length) return
    setBusy(true)
    setProblem(undefined)
    try {
      const credentials = Object.fromEntries(fields.map((field) => [field, typed[field]!.trim()]))
      await api.post(`${path}/shops`, {
        platform,
        name: name.trim(),
        ...(fields.length ? { credentials } : {}),
      })
      await refresh(path)
      done(fill(w.connected, { name: name.trim() }))
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
      title={w.connect}
      okText={w.connect}
      cancelText={room.cancel}
      confirmLoading={isBusy}
      onOk={() => void connect()}
      onCancel={close}
    >
      <div className="d-stack">
        <p className="d-muted">{w.connectSays}</p>
        {problem !== undefined && <Reason problem={problem} />}
        <Form layout="vertical">
          <Form.Item label={room.platform}>
            <Select
              aria-label={room.platform}
              value={platform ?? null!}
              onChange={setChosen}
              options={choices.map(({ platform: value }) => ({ value, label: room[value] }))}
            />
          </Form.Item>
          <Form.Item label={w.name} {...wrong(isNameFine, w.badName)}>
            <Input value={name} aria-label={w.name} onChange={({ target }) => setName(target.value)} />
          </Form.Item>
          {fields.map((field) => (
            <Form.Item
              key={field}
              label={<span className="d-mono">{field}</span>}
              {...wrong(!lacks.includes(field), w.needed)}
            >
              <Input
                className="d-mono"
                autoComplete="off"
                type={isSecret(field) ? 'password' : 'text'}
                value={typed[field] ?? ''}
                aria-label={field}
                onChange={({ target }) => setTyped({ ...typed, [field]: target.value })}
              />
            </Form.Item>
          ))}
        </Form>
      </div>
    </Modal>
  )
}
