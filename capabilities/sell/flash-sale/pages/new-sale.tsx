import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Form, Input, Modal } from 'antd'
import { type ReactNode, useState } from 'react'
import { words } from '#capabilities/sell/flash-sale/words.ts'
import { useAddress } from '#console/address.ts'
import { api, refresh } from '#console/client.ts'
import { time } from '#console/format.ts'
import { useDone } from '#console/parts/confirm.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { path, type Sale } from './sale-cells.tsx'

const hour = 3_600_000
const mostSkus = 50
const blank = { key: 0, sku: '', title: '', yuan: '', units: '', limit: '', shards: '' }
type Line = typeof blank

/** `2026-11-22T20:00` of Shanghai, as the browser's own field writes it. */
const fieldTime = (ms: number) => time(ms).slice(0, 16).replace(' ', 'T')
const msOf = (text: string) => Date.parse(`${text.slice(0, 16)}:00+08:00`)

/** `9.90` as 990, without a float on the way. */
function fenOf(yuan: string): number {
  const parts = /^(\d{1,7})(?:\.(\d{1,2}))?$/.exec(yuan.trim())
  return parts ? Number(parts[1]) * 100 + Number((parts[2] ?? '').padEnd(2, '0')) : Number.NaN
}

const countOf = (text: string) => (/^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN)
const isIn = (value: number, from: number, to: number) => value >= from && value <= to
/** A field that may stay empty. */
const optional = (text: string) => (text.trim() === '' ? null : countOf(text))

/** Prepares a sale: what, how many, when, for whom. */
export default function NewSale({ close }: { close: () => void }) {
  const w = useWords(words)
  const done = useDone()
  const [, change] = useAddress()
  const [name, setName] = useState('')
  const [opens, setOpens] = useState(() => fieldTime(Math.ceil(Date.now() / hour) * hour))
  const [closes, setCloses] = useState(() => fieldTime(Math.ceil(Date.now() / hour) * hour + 2 * hour))
  const [hold, setHold] = useState('')
  const [limit, setLimit] = useState('')
  const [turns, setTurns] = useState('')
  const [lines, setLines] = useState<Line[]>([blank])
  const [isTried, setTried] = useState(false)
  const [problem, setProblem] = useState<unknown>()

  const between = (from: number, to: number) => fill(w.badCount, { from, to: to.toLocaleString('en-US') })
  const isLimit = (text: string) => optional(text) === null || isIn(countOf(text), 1, 1_000_000)
  const names = lines.map(({ sku }) => sku.trim())
  const wrongLine = ({ sku, yuan, units, limit, shards }: Line) => {
    const own = sku.trim()
    if (!/^[\w.:@-]{1,64}$/.test(own) || names.filter((other) => other === own).length > 1) return w.badSku
    if (!isIn(fenOf(yuan), 0, 1_000_000_000)) return w.badYuan
    if (!isIn(countOf(units), 0, 100_000_000)) return `${w.units}: ${between(0, 100_000_000)}`
    if (!isLimit(limit)) return `${w.skuLimit}: ${between(1, 1_000_000)}`
    const isSpread = optional(shards) === null || isIn(countOf(shards), 1, 64)
    return isSpread ? undefined : `${w.shards}: ${between(1, 64)}`
  }
  const wrong = {
    name: isIn(name.trim().length, 1, 100) ? undefined : w.badName,
    opens: Number.isNaN(msOf(opens)) ? w.badOpens : undefined,
    closes: msOf(closes) > msOf(opens) ? undefined : w.badCloses,
    hold: optional(hold) === null || isIn(countOf(hold), 1, 86_400) ? undefined : between(1, 86_400),
    limit: isLimit(limit) ? undefined : between(1, 1_000_000),
    turns: optional(turns) === null || isIn(countOf(turns), 1, 100_000) ? undefined : between(1, 100_000),
  }
  const isFine = Object.values(wrong).every((each) => !each) && !lines.some(wrongLine)

  const create = async () => {
    setTried(true)
    if (!isFine) return
    setProblem(undefined)
    try {
      const sale = await api.post<Sale>(`${path}/sales`, {
        name: name.trim(),
        opensAtMs: msOf(opens),
        closesAtMs: msOf(closes),
        limitPerBuyer: optional(limit),
        ...(optional(turns) === null ? {} : { admission: { perSecond: countOf(turns) } }),
        ...(optional(hold) === null ? {} : { holdSeconds: countOf(hold) }),
        skus: lines.map((line) => ({
          sku: line.sku.trim(),
          ...(line.title.trim() ? { title: line.title.trim() } : {}),
          priceFen: fenOf(line.yuan),
          stock: countOf(line.units),
          limitPerBuyer: optional(line.limit),
          ...(optional(line.shards) === null ? {} : { shards: countOf(line.shards) }),
        })),
      })
      done(fill(w.createdDone, { name: sale.name }))
      await refresh(path)
      close()
      change({ tab: undefined, open: sale.saleId })
    } catch (thrown) {
      setProblem(thrown)
    }
  }
  const put = (key: number, part: Partial<Line>) =>
    setLines(lines.map((line) => (line.key === key ? { ...line, ...part } : line)))
  const item = (label: string, bad: string | undefined, field: ReactNode) => (
    <Form.Item label={label} {...(isTried && bad ? { validateStatus: 'error' as const, help: bad } : {})}>
      {field}
    </Form.Item>
  )
  const pair = { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(240px, 1fr))', gap: '0 16px' }
  return (
    <Modal
      open
      title={w.newSale}
      width={760}
      okText={w.create}
      cancelText={w.cancel}
      onOk={create}
      onCancel={close}
    >
      {problem !== undefined && <Reason problem={problem} />}
      <Form layout="vertical">
        {item(
          w.saleName,
          wrong.name,
          <Input
            autoFocus
            value={name}
            maxLength={100}
            placeholder={w.saleNamePlace}
            aria-label={w.saleName}
            onChange={({ target }) => setName(target.value)}
          />,
        )}
        <div style={pair}>
          {item(
            w.opensAt,
            wrong.opens,
            <Input
              type="datetime-local"
              value={opens}
              aria-label={w.opensAt}
              onChange={({ target }) => setOpens(target.value)}
            />,
          )}
          {item(
            w.closesAt,
            wrong.closes,
            <Input
              type="datetime-local"
              value={closes}
              aria-label={w.closesAt}
              onChange={({ target }) => setCloses(target.value)}
            />,
          )}
          {item(
            w.saleLimit,
            wrong.limit,
            <Input
              inputMode="numeric"
              value={limit}
              placeholder={w.noLimit}
              aria-label={w.saleLimit}
              onChange={({ target }) => setLimit(target.value)}
            />,
          )}
          {item(
            w.hold,
            wrong.hold,
            <Input
              inputMode="numeric"
              value={hold}
              placeholder={w.holdPlace}
              aria-label={w.hold}
              onChange={({ target }) => setHold(target.value)}
            />,
          )}
          {item(
            w.turns,
            wrong.turns,
            <Input
              inputMode="numeric"
              value={turns}
              placeholder={w.noAdmission}
              aria-label={w.turns}
              onChange={({ target }) => setTurns(target.value)}
            />,
          )}
        </div>
        <Form.Item label={w.goods}>
          {lines.map((line) => (
            <Goods
              key={line.key}
              line={line}
              wrong={isTried ? wrongLine(line) : undefined}
              put={(part) => put(line.key, part)}
              {...(lines.length > 1
                ? { remove: () => setLines(lines.filter(({ key }) => key !== line.key)) }
                : {})}
            />
          ))}
          <Button
            size="small"
            icon={<PlusOutlined />}
            disabled={lines.length >= mostSkus}
            onClick={() => setLines([...lines, { ...blank, key: lines.at(-1)!.key + 1 }])}
          >
            {w.addSku}
          </Button>
        </Form.Item>
      </Form>
    </Modal>
  )
}

type GoodsProps = {
  line: Line
  wrong: string | undefined
  put: (part: Partial<Line>) => void
  remove?: () => void
}

function Goods({ line, wrong, put, remove }: GoodsProps) {
  const w = useWords(words)
  const field = (key: Exclude<keyof Line, 'key'>, label: string, width: string, numeric = false) => (
    <Input
      style={{ flex: width, minWidth: 0 }}
      value={line[key]}
      placeholder={label}
      aria-label={label}
      {...(numeric ? { inputMode: 'decimal' as const } : {})}
      {...(wrong ? { status: 'error' as const } : {})}
      onChange={({ target }) => put({ [key]: target.value })}
    />
  )
  return (
    <div style={{ marginBottom: 8 }}>
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8 }}>
        {field('sku', w.sku, '1 1 120px')}
        {field('title', w.skuTitle, '2 1 140px')}
        {field('yuan', w.yuan, '1 1 90px', true)}
        {field('units', w.units, '1 1 90px', true)}
        {field('limit', w.skuLimit, '1 1 80px', true)}
        {field('shards', w.shards, '1 1 60px', true)}
        {remove && (
          <Button
            type="text"
            icon={<DeleteOutlined />}
            title={w.removeSku}
            aria-label={w.removeSku}
            onClick={remove}
          />
        )}
      </div>
      {wrong && <div className="d-ink-error">{wrong}</div>}
    </div>
  )
}
