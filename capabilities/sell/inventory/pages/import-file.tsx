import { Alert, Modal } from 'antd'
import { useState } from 'react'
import { words } from '#capabilities/sell/inventory/words.ts'
import { api, refresh } from '#console/client.ts'
import { num } from '#console/format.ts'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { path, type Shop } from './stock-cells.tsx'
import { shopWords } from './words.ts'

type Taken = {
  skus: number
  differed?: number
  lines?: number
  bad: number
  firstBad: { line: number; reason: string }[]
}
const shownBad = 8

/** Counts stock or learns past sales from a file, and names the lines that it could not read. */
export default function ImportFile({
  shop,
  what,
  close,
}: {
  shop: Shop
  what: 'stock' | 'sales'
  close: () => void
}) {
  const w = useWords(shopWords)
  const room = useWords(words)
  const [file, setFile] = useState<File>()
  const [taken, setTaken] = useState<Taken>()
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const send = async () => {
    if (!file) return
    setBusy(true)
    setProblem(undefined)
    setTaken(undefined)
    try {
      const at = `${path}/shops/${encodeURIComponent(shop.shopId)}/${what}`
      setTaken(await api.post<Taken>(at, { csv: await file.text() }))
      await refresh(path)
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal
      open
      title={`${shop.name} · ${what === 'stock' ? w.importStock : w.importSales}`}
      okText={w.import}
      cancelText={room.cancel}
      okButtonProps={{ disabled: !file }}
      confirmLoading={isBusy}
      onOk={() => void send()}
      onCancel={close}
    >
      <div className="d-stack">
        <p className="d-muted">{what === 'stock' ? w.stockSays : w.salesSays}</p>
        <input
          type="file"
          accept=".csv,text/csv,text/plain"
          aria-label={w.chooseFile}
          onChange={({ target }) => {
            setFile(target.files?.[0])
            setTaken(undefined)
          }}
        />
        {problem !== undefined && <Reason problem={problem} />}
        {taken && (
          <Alert
            type={taken.bad ? 'warning' : 'success'}
            showIcon
            title={fill(what === 'stock' ? w.importedStock : w.importedSales, {
              skus: num(taken.skus),
              differed: num(taken.differed),
              lines: num(taken.lines),
              bad: num(taken.bad),
            })}
            description={taken.firstBad
              .slice(0, shownBad)
              .map(({ line, reason }) => <div key={line}>{fill(w.badLine, { n: num(line), reason })}</div>)}
          />
        )}
      </div>
    </Modal>
  )
}
