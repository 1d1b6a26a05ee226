import { Input, Modal } from 'antd'
import { useState } from 'react'
import { fill, useWords } from '#console/words.ts'
import type { Asked } from './confirm.tsx'
import { partWords } from './words.ts'

const typeAbove = 20

/** The dialog of `confirm`, loaded with its first question. */
export default function Question({ title, effect, label, count = 1, danger = true, answer }: Asked) {
  const w = useWords(partWords)
  const [typed, setTyped] = useState('')
  const mustType = count > typeAbove
  return (
    <Modal
      open
      title={title}
      width={440}
      okText={label}
      cancelText={w.cancel}
      okButtonProps={{ danger, disabled: mustType && typed.trim() !== String(count), autoFocus: !mustType }}
      onOk={() => answer(true)}
      onCancel={() => answer(false)}
    >
      <div>{effect}</div>
      {mustType && (
        <div className="d-confirm-count">
          {fill(w.typeCount, { n: count })}
          <Input
            autoFocus
            inputMode="numeric"
            aria-label={fill(w.typeCount, { n: count })}
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
          />
        </div>
      )}
    </Modal>
  )
}
