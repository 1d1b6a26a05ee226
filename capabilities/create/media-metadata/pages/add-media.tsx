import { InboxOutlined } from '@ant-design/icons'
import { Button, Checkbox, Input, Modal } from 'antd'
import { type DragEvent, useRef, useState } from 'react'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { api, refresh } from '#console/client.ts'
import { useDone } from '#console/parts/confirm.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { useWords } from '#console/words.ts'
import { droppedFiles } from './dropped.ts'
import { path } from './path.ts'
import { upload } from './uploads.ts'

/** Takes files by drop or choice, and links or paths by the line. */
export default function AddMedia({ links, close }: { links: string; close: () => void }) {
  const w = useWords(words)
  const done = useDone()
  const chosen = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(links)
  const [gps, setGps] = useState(false)
  const [again, setAgain] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const sources = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

  const take = (files: File[]) => {
    if (files.length === 0) return
    void upload(files, { gps })
    close()
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    event.stopPropagation()
    void droppedFiles(event.dataTransfer).then(take)
  }
  const begin = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      const { isResumed } = await api.post<{ isResumed: boolean }>(`${path}/batches`, { sources, gps, again })
      done(isResumed ? w.resumedDone : w.startedDone)
      await refresh(path)
      close()
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal
      open
      title={w.addTitle}
      width={560}
      onCancel={close}
      onOk={() => void begin()}
      okText={w.begin}
      cancelText={w.cancel}
      okButtonProps={{ disabled: sources.length === 0, loading: isBusy }}
    >
      <div className="d-stack">
        {problem !== undefined && <Reason problem={problem} />}
        {/* biome-ignore lint/a11y/noStaticElementInteractions: a place to drop on; the button in it does the same */}
        <div style={zone} onDragOver={(event) => event.preventDefault()} onDrop={drop}>
          <InboxOutlined aria-hidden style={{ fontSize: 28, color: 'var(--d-text3)' }} />
          <span>{w.drop}</span>
          <Button onClick={() => chosen.current?.click()}>{w.choose}</Button>
          <input
            ref={chosen}
            type="file"
            multiple
            hidden
            accept="video/*,image/*,audio/*"
            onChange={({ target }) => take([...(target.files ?? [])])}
          />
        </div>
        <div className="d-stack" style={{ gap: 4 }}>
          {w.links}
          <Input.TextArea
            aria-label={w.links}
            autoFocus={links !== ''}
            value={text}
            placeholder={w.linksPlace}
            autoSize={{ minRows: 3, maxRows: 10 }}
            style={{ fontFamily: 'var(--d-mono)', fontSize: 13 }}
            onChange={({ target }) => setText(target.value)}
            onKeyDown={(event) =>
              event.key === 'Enter' && (event.ctrlKey || event.metaKey) && sources.length > 0 && void begin()
            }
          />
          <span className="d-muted">{w.linksNote}</span>
        </div>
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: '4px 16px' }}>
          <Checkbox checked={gps} onChange={({ target }) => setGps(target.checked)}>
            {w.gps}
          </Checkbox>
          <Checkbox checked={again} onChange={({ target }) => setAgain(target.checked)}>
            {w.again}
          </Checkbox>
        </div>
      </div>
    </Modal>
  )
}

const zone = {
  display: 'flex',
  flexDirection: 'column',
  alignItems: 'center',
  gap: 8,
  padding: 20,
  border: '1px dashed var(--d-text3)',
  borderRadius: 6,
  background: 'var(--d-page)',
  textAlign: 'center',
} as const
