import { Button } from 'antd'
import { lazy, type ReactNode, Suspense, useSyncExternalStore } from 'react'
import { useWords } from '#console/words.ts'
import { useNotice } from './notice.tsx'
import { partWords } from './words.ts'

const undoSeconds = 8

export type Ask = { title: string; effect: ReactNode; label: string; count?: number; danger?: boolean }
export type Asked = Ask & { answer: (yes: boolean) => void }

const Question = lazy(() => import('./question.tsx'))
const listeners = new Set<() => void>()
let asked: Asked | undefined
const put = (next: Asked | undefined) => {
  asked = next
  for (const listener of listeners) listener()
}
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Asks before what cannot be undone, naming object and effect; above 20 objects the count must be typed. */
export const confirm = (ask: Ask) =>
  new Promise<boolean>((resolve) => {
    asked?.answer(false)
    put({
      ...ask,
      answer: (yes) => {
        put(undefined)
        resolve(yes)
      },
    })
  })

/** Shows the question of the moment; part of the shell. */
export function ConfirmHost() {
  const current = useSyncExternalStore(subscribe, () => asked)
  return <Suspense>{current && <Question key={current.title} {...current} />}</Suspense>
}

/** Says that something off screen is done, with 撤销 for 8 s where it can be taken back. */
export function useDone() {
  const notices = useNotice()
  const w = useWords(partWords)
  return (text: string, undo?: () => unknown) => {
    const close = notices.success({
      duration: undo ? undoSeconds : 3,
      content: undo ? (
        <>
          {text}
          <Button
            type="link"
            size="small"
            onClick={() => {
              close()
              void undo()
            }}
          >
            {w.undo}
          </Button>
        </>
      ) : (
        text
      ),
    })
  }
}
