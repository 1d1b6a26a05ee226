import { Alert, Button, Modal, Select } from 'antd'
import { useState } from 'react'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { api, refresh, withParams } from '#console/client.ts'
import { num } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { path, useShops } from './order-cells.tsx'
import { fileWords } from './words.ts'

type Taken = { fresh: number; changed: number; same: number; late: number }
const mostBytes = 15 * 1024 * 1024

/** All orders as a file, and a file of orders into the books: what is known already changes nothing. */
export default function Files({ close }: { close: () => void }) {
  const w = useWords(fileWords)
  const room = useWords(words)
  const may = useMayChange()
  const { options } = useShops()
  const [shopId, setShop] = useState<string>()
  const [file, setFile] = useState<File>()
  const [taken, setTaken] = useState<Taken>()
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const isLarge = (file?.size ?? 0) > mostBytes
  const send = async () => {
    if (!file) return
    setBusy(true)
    setProblem(undefined)
    setTaken(undefined)
    try {
      const format = file.name.toLowerCase().endsWith('.csv') ? 'csv' : 'ndjson'
      setTaken(await api.post<Taken>(`${path}/import/file`, { format, text: await file.text() }))
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setBusy(false)
      // What came before a bad line was taken, too.
      await refresh(path)
    }
  }
  return (
    <Modal open title={w.files} footer={null} onCancel={close}>
      <div className="d-stack">
        <p className="d-muted">{w.exportSays}</p>
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8 }}>
          <Select
            style={{ minWidth: 160, flex: 1 }}
            allowClear
            aria-label={room.shop}
            placeholder={w.allShops}
            value={shopId ?? null!}
            onChange={setShop}
            options={options}
          />
          {(['csv', 'ndjson'] as const).map((format) => (
            <Button key={format} href={withParams(`${path}/export`, { format, shopId })} download>
              {fill(w.exportAs, { format: format.toUpperCase() })}
            </Button>
          ))}
        </div>
        <p className="d-muted">{w.importSays}</p>
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'center' }}>
          <input
            type="file"
            style={{ flex: 1, minWidth: 160 }}
            accept=".csv,.ndjson,.jsonl,text/csv,application/x-ndjson"
            aria-label={w.chooseFile}
            onChange={({ target }) => {
              setFile(target.files?.[0])
              setTaken(undefined)
              setProblem(undefined)
            }}
          />
          <Button
            type="primary"
            disabled={!may || !file || isLarge}
            loading={isBusy}
            onClick={() => void send()}
          >
            {w.import}
          </Button>
        </div>
        {isLarge && <Alert type="warning" showIcon title={w.tooLarge} />}
        {problem !== undefined && <Reason problem={problem} />}
        {taken && (
          <Alert
            type="success"
            showIcon
            title={fill(w.taken, {
              fresh: num(taken.fresh),
              changed: num(taken.changed),
              same: num(taken.same),
              late: num(taken.late),
            })}
          />
        )}
      </div>
    </Modal>
  )
}
