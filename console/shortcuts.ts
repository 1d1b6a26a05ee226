import { useEffect, useRef } from 'react'
import { preferences } from './preferences.ts'

/** Keys are written as in the help list: `j`, `Shift x`, `Ctrl k`, `g h`, `Enter`, `?`. */
export type Keys = Record<string, (() => void) | undefined>

type Pressed = {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  shiftKey: boolean
  isComposing: boolean
}

/** How one key press is written, or undefined where it is none of ours. */
export function chord(event: Pressed): string | undefined {
  if (event.isComposing || event.altKey || ['Shift', 'Control', 'Meta', 'Alt'].includes(event.key))
    return undefined
  const ctrl = event.ctrlKey || event.metaKey ? 'Ctrl ' : ''
  const letter = /^[a-z]$/i.test(event.key)
  const shift = event.shiftKey && letter ? 'Shift ' : ''
  return `${ctrl}${shift}${letter ? event.key.toLowerCase() : event.key}`
}

/** Joins `g` with the key that follows within a second. `wants` says which sequences exist now. */
export function sequence(holdMs = 1000) {
  let held: { chord: string; atMs: number } | undefined
  return function press(pressed: string, atMs: number, wants: (keys: string) => boolean): string | undefined {
    const joined = held && atMs - held.atMs <= holdMs ? `${held.chord} ${pressed}` : undefined
    held = undefined
    if (joined && wants(joined)) return joined
    if (pressed === 'g') {
      held = { chord: pressed, atMs }
      return undefined
    }
    return wants(pressed) ? pressed : undefined
  }
}

const layers: { keys: Keys; inInputs: boolean }[] = []
const press = sequence()

// The newest layer that knows the key wins: an open drawer before the table below it, the table before the shell.
const find = (keys: string, typing: boolean) =>
  layers.findLast((layer) => layer.keys[keys] !== undefined && (!typing || layer.inInputs))?.keys[keys]

const typingIn = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
  (target as HTMLInputElement).type !== 'checkbox'

const activates = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  target.closest('button, a, [role=button], [role=tab], [role=menuitem], label, summary')

/** One listener for the page. Off while typing, while composing, while a dialog asks, and by preference. */
export function onKey(event: KeyboardEvent) {
  const pressed = chord(event)
  if (!pressed || event.defaultPrevented) return
  const typing = Boolean(typingIn(event.target))
  if (!preferences.get().shortcuts && pressed !== 'Escape' && !pressed.startsWith('Ctrl ')) return
  if (document.querySelector('.ant-modal-wrap:not([style*="display: none"])') && pressed !== 'Ctrl Enter')
    return
  if (/^(Enter| )$/.test(pressed) && activates(event.target)) return
  const match = press(pressed, event.timeStamp, (keys) => Boolean(find(keys, typing)))
  if (!match) return
  event.preventDefault()
  find(match, typing)?.()
}

/** Binds keys while the component is shown. Handlers may change on every render. */
export function useKeys(keys: Keys, { inInputs = false, on = true } = {}) {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    if (!on) return
    const layer = {
      get keys() {
        return latest.current
      },
      inInputs,
    }
    layers.push(layer)
    return () => {
      layers.splice(layers.indexOf(layer), 1)
    }
  }, [on, inInputs])
}
