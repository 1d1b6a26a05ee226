import { CheckOutlined, ExclamationCircleFilled, ExpandOutlined } from '@ant-design/icons'
import { Button, Checkbox, Input, Modal } from 'antd'
import { useState } from 'react'
import type { FileDetail } from '#capabilities/create/media-metadata/library.ts'
import type { Conflict } from '#capabilities/create/media-metadata/media-metadata.ts'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { Empty2 } from '#console/parts/empty2.tsx'
import { usePhone } from '#console/preferences.ts'
import { useWords } from '#console/words.ts'
import { fieldText } from './media-text.ts'
import { disputedFirst, type Leaf, leavesOfStreams, leavesOfTags, type Mark } from './raw-leaves.ts'
import { fieldName, ruleName } from './record-table.tsx'

/** What both programs said, beside each other, with every value marked on which they disagree. */
export default function Compare({ file }: { file: FileDetail }) {
  const w = useWords(words)
  const [isLarge, setLarge] = useState(false)
  const conflicts = file.record?.conflicts ?? []
  return (
    <>
      {conflicts.length > 0 ? <Conflicts conflicts={conflicts} /> : <Empty2 kind="done" text={w.agree} />}
      <Both file={file} enlarge={() => setLarge(true)} />
      {isLarge && (
        <Modal
          open
          title={`${file.fileName} · ${w.compare}`}
          width="min(1280px, 96vw)"
          footer={null}
          onCancel={() => setLarge(false)}
        >
          <Both file={file} />
        </Modal>
      )}
    </>
  )
}

function Conflicts({ conflicts }: { conflicts: Conflict[] }) {
  const w = useWords(words)
  return (
    <div>
      <div className="d-muted" style={{ paddingBottom: 4 }}>
        {w.disagree}
      </div>
      {conflicts.map(({ field, chosen, other, rule }) => (
        <div key={`${field}${other.tag}`} className="d-quote d-tone-warning" style={{ marginBottom: 8 }}>
          <strong style={{ fontWeight: 600 }}>{fieldName(field, w.language)}</strong>
          <div className="d-num d-wrap">
            <CheckOutlined aria-label={w.believed} /> {fieldText(field, chosen.value)}{' '}
            <span className="d-mono" style={{ fontSize: 12 }}>
              {chosen.from} · {chosen.tag}
            </span>
          </div>
          <div className="d-num d-wrap">
            <ExclamationCircleFilled aria-label={w.notBelieved} /> {fieldText(field, other.value)}{' '}
            <span className="d-mono" style={{ fontSize: 12 }}>
              {other.from} · {other.tag}
            </span>
          </div>
          <div style={{ fontSize: 12 }}>{ruleName(rule, w.language)}</div>
        </div>
      ))}
    </div>
  )
}

function Both({ file, enlarge }: { file: FileDetail; enlarge?: () => void }) {
  const w = useWords(words)
  const phone = usePhone()
  const [wanted, setWanted] = useState('')
  const [isMarkedOnly, setMarkedOnly] = useState(false)
  const conflicts = file.record?.conflicts ?? []
  const fits = ({ path, text, mark }: Leaf) =>
    (!isMarkedOnly || mark !== undefined) &&
    (wanted === '' || `${path} ${text}`.toLowerCase().includes(wanted.toLowerCase()))
  const reader = file.record?.tools.find(({ name }) => name !== 'ffprobe')?.name ?? 'exiftool'
  return (
    <div className="d-stack" style={{ gap: 8 }}>
      <div style={{ display: 'flex', gap: 12, alignItems: 'center', flexWrap: 'wrap' }}>
        <Input
          allowClear
          style={{ width: 180 }}
          placeholder={w.findField}
          aria-label={w.findField}
          onChange={({ target }) => setWanted(target.value)}
        />
        {conflicts.length > 0 && (
          <Checkbox checked={isMarkedOnly} onChange={({ target }) => setMarkedOnly(target.checked)}>
            {w.onlyMarked}
          </Checkbox>
        )}
        <span className="d-space" />
        {enlarge && !phone && (
          <Button size="small" icon={<ExpandOutlined />} onClick={enlarge}>
            {w.enlarge}
          </Button>
        )}
      </div>
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(2, minmax(0, 1fr))', gap: 8 }}>
        <Said name="ffprobe" leaves={leavesOfStreams(file.raw.ffprobe, conflicts)} fits={fits} />
        <Said name={reader} leaves={leavesOfTags(file.raw.tags, conflicts)} fits={fits} />
      </div>
    </div>
  )
}

function Said({ name, leaves, fits }: { name: string; leaves: Leaf[]; fits: (leaf: Leaf) => boolean }) {
  const w = useWords(words)
  const shown = disputedFirst(leaves.filter(fits))
  return (
    <section style={column} aria-label={name}>
      <h3 style={{ fontSize: 13, fontWeight: 600, padding: '6px 8px' }}>{name}</h3>
      {leaves.length === 0 && (
        <p className="d-muted" style={{ padding: 8 }}>
          {w.nothingSaid}
        </p>
      )}
      {leaves.length > 0 && shown.length === 0 && (
        <p className="d-muted" style={{ padding: 8 }}>
          {w.noMatch}
        </p>
      )}
      <dl>
        {shown.map(({ path, text, mark }) => (
          <div key={path} style={line(mark)}>
            <dt className={mark ? undefined : 'd-muted'} style={{ overflowWrap: 'anywhere' }}>
              {path}
              {mark && <MarkSign mark={mark} />}
            </dt>
            <dd style={{ overflowWrap: 'anywhere' }}>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function MarkSign({ mark }: { mark: Mark }) {
  const w = useWords(words)
  return mark === 'chosen' ? (
    <CheckOutlined aria-label={w.believed} title={w.believed} style={{ marginLeft: 6 }} />
  ) : (
    <ExclamationCircleFilled aria-label={w.notBelieved} title={w.notBelieved} style={{ marginLeft: 6 }} />
  )
}

const column = {
  minWidth: 0,
  maxHeight: '60vh',
  overflow: 'auto',
  border: '1px solid var(--d-line)',
  borderRadius: 6,
  background: 'var(--d-page)',
  font: '12px / 1.5 var(--d-mono)',
} as const

const line = (mark: Mark | undefined) =>
  ({
    padding: '3px 8px',
    borderTop: '1px solid var(--d-line)',
    ...(mark
      ? {
          background: 'var(--d-warning-bg)',
          color: 'var(--d-warning)',
          boxShadow: 'inset 3px 0 var(--d-warning)',
        }
      : {}),
  }) as const
