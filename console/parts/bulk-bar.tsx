import { Button } from 'antd'
import { useState } from 'react'
import { useMayChange } from '#console/me.ts'
import { useKeys } from '#console/shortcuts.ts'
import { fill, useWords } from '#console/words.ts'
import { confirm, useDone } from './confirm.tsx'
import { Reason } from './reason.tsx'
import { partWords } from './words.ts'

export type Action<Row> = {
  /** One letter. The first action of a list is also `e`. */
  key: string
  label: string
  danger?: boolean
  run: (rows: Row[]) => Promise<unknown>
  /** For what cannot be undone: the question, naming object and effect. */
  confirm?: (rows: Row[]) => { title: string; effect: string }
  /** Said when done: `已重试 {n} 项`. */
  done?: string
  undo?: (rows: Row[]) => Promise<unknown>
}

/** Runs an action with its question before, its word after, and its failure kept in sight. */
export function useAction<Row>() {
  const done = useDone()
  const [running, setRunning] = useState<string>()
  const [problem, setProblem] = useState<unknown>()
  const run = async (action: Action<Row>, rows: Row[], after?: () => void) => {
    const question = action.confirm?.(rows)
    if (question && !(await confirm({ ...question, label: action.label, count: rows.length }))) return
    setRunning(action.key)
    setProblem(undefined)
    try {
      await action.run(rows)
      after?.()
      if (action.done) done(fill(action.done, { n: rows.length }), action.undo && (() => action.undo?.(rows)))
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setRunning(undefined)
    }
  }
  return { run, running, problem, forget: () => setProblem(undefined) }
}

/** What can be done with the selected rows, one letter each. */
export function BulkBar<Row>({
  actions,
  rows,
  clear,
}: {
  actions: Action<Row>[]
  rows: Row[]
  clear: () => void
}) {
  const w = useWords(partWords)
  const { run, running, problem } = useAction<Row>()
  const may = useMayChange()
  const start = (action: Action<Row>) => () => void (running || run(action, rows, clear))
  const [first] = actions
  useKeys(
    {
      ...Object.fromEntries(actions.map((action) => [action.key, start(action)])),
      ...(first ? { e: start(first) } : {}),
    },
    { on: may },
  )
  return (
    <div className="d-bulk" role="toolbar" aria-label={fill(w.selected, { n: rows.length })}>
      {problem !== undefined && <Reason problem={problem} />}
      <div className="d-bulk-row">
        <span className="d-num">{fill(w.selected, { n: rows.length })}</span>
        {actions.map((action, index) => (
          <Button
            key={action.key}
            type={index === 0 ? 'primary' : 'default'}
            danger={action.danger ?? false}
            disabled={!may}
            loading={running === action.key}
            onClick={start(action)}
          >
            {action.label}
            <kbd>{action.key}</kbd>
          </Button>
        ))}
        <span className="d-space" />
        <Button type="text" onClick={clear}>
          {w.clear}
          <kbd>Esc</kbd>
        </Button>
      </div>
    </div>
  )
}
