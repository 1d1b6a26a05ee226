import { useEffect, useRef, useState } from 'react'
import { useKeys } from '#console/shortcuts.ts'
import { useCopy } from './copy.ts'

type RowKeys = {
  /** Keys of the loaded rows, in order. */
  keys: string[]
  /** The row whose detail is open, from the address. */
  open: string | undefined
  setOpen: (key: string | undefined) => void
  openable: boolean
  pickable: boolean
  more: (() => void) | undefined
}

/** Walking, opening, selecting and copying rows by key: which row is current, and which are picked. */
export function useRowKeys({ keys, open, setOpen, openable, pickable, more }: RowKeys) {
  const copy = useCopy()
  const [active, setActive] = useState<string>()
  const [picked, setPicked] = useState<string[]>([])
  const anchor = useRef<string>(undefined)
  const current = open ?? active

  const move = (by: number) => () => {
    const at = current === undefined ? -1 : keys.indexOf(current)
    const next = keys[Math.min(Math.max(at + by, 0), keys.length - 1)]
    if (next === undefined) return
    setActive(next)
    if (open) setOpen(next)
    if (keys.indexOf(next) > keys.length - 5) more?.()
  }
  const pick = () => {
    if (!current) return
    anchor.current = current
    setPicked((before) =>
      before.includes(current) ? before.filter((key) => key !== current) : [...before, current],
    )
  }
  const pickRange = () => {
    if (!current) return
    const ends = [keys.indexOf(anchor.current ?? current), keys.indexOf(current)]
    const between = keys.slice(Math.min(...ends), Math.max(...ends) + 1)
    setPicked((before) => [...new Set([...before, ...between])])
  }
  useKeys({
    j: move(1),
    k: move(-1),
    Enter: openable && current && !open ? () => setOpen(current) : undefined,
    o: openable && current ? () => setOpen(current) : undefined,
    x: pickable ? pick : undefined,
    'Shift x': pickable ? pickRange : undefined,
    y: current ? () => void copy(current) : undefined,
    Escape: open ? () => setOpen(undefined) : picked.length ? () => setPicked([]) : undefined,
  })
  // Rows that left the list leave the selection too: an action must never reach what is no longer shown.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the keys' text stands for the keys, a new array each time
  useEffect(() => {
    setPicked((before) =>
      before.every((key) => keys.includes(key)) ? before : before.filter((key) => keys.includes(key)),
    )
  }, [keys.join()])

  return { current, setActive, picked, setPicked }
}
