import { CheckCircleOutlined, FilterOutlined, InboxOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import type { ReactNode } from 'react'
import { useWords } from '#console/words.ts'
import { partWords } from './words.ts'

export type Nothing =
  /** Not begun: says what fills this place, with the button that begins it. */
  | { kind: 'unstarted'; text: ReactNode; action?: { label: string; run: () => void } }
  /** Filters hide everything. */
  | { kind: 'no-result'; clear: () => void }
  /** All dealt with. */
  | { kind: 'done'; text: ReactNode }

/** An empty place, which always says why. */
export function Empty2(props: Nothing) {
  const w = useWords(partWords)
  const icon = {
    unstarted: <InboxOutlined />,
    'no-result': <FilterOutlined />,
    done: <CheckCircleOutlined />,
  }[props.kind]
  return (
    <div className={`d-empty d-empty-${props.kind}`}>
      <span className="d-empty-icon" aria-hidden>
        {icon}
      </span>
      <div className="d-empty-text">{props.kind === 'no-result' ? w.noResult : props.text}</div>
      {props.kind === 'no-result' && <Button onClick={props.clear}>{w.clearFilters}</Button>}
      {props.kind === 'unstarted' && props.action && (
        <Button type="primary" onClick={props.action.run}>
          {props.action.label}
        </Button>
      )}
    </div>
  )
}
