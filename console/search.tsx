import { useNavigate } from '@tanstack/react-router'
import { Input, Modal } from 'antd'
import { useState } from 'react'
import { queries } from './client.ts'
import { toggleLive } from './live.ts'
import { preferences, useDark } from './preferences.ts'
import type { Place } from './rooms.ts'
import type { Panel } from './shell.tsx'
import { shellWords } from './shell-words.ts'
import { fill, useWords } from './words.ts'

type Hit = { key: string; kind: string; label: string; run: () => void }

/** Ids, pages and actions in one field. Arrows move, Enter goes. */
export default function Search({
  places,
  close,
  open,
}: {
  places: Place[]
  close: () => void
  open: (panel: Panel) => void
}) {
  const w = useWords(shellWords)
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const hits = useHits(typed.trim(), places, open)
  const choose = (hit: Hit | undefined) => {
    if (!hit) return
    close()
    hit.run()
  }
  const step = (by: number) =>
    setAt((before) => (hits.length ? (before + by + hits.length) % hits.length : 0))
  return (
    <Modal
      open
      footer={null}
      closable={false}
      onCancel={close}
      width={560}
      style={{ top: 88 }}
      title={null}
      classNames={{ body: 'd-palette' }}
    >
      <Input
        autoFocus
        size="large"
        variant="borderless"
        placeholder={w.search}
        aria-label={w.search}
        value={typed}
        onChange={({ target }) => {
          setTyped(target.value)
          setAt(0)
        }}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault()
            step(event.key === 'ArrowDown' ? 1 : -1)
          }
          if (event.key === 'Enter') choose(hits[at])
        }}
      />
      <ul className="d-hits">
        {hits.map((hit, index) => (
          <li key={hit.key}>
            <button
              type="button"
              className={index === at ? 'd-hit d-hit-here' : 'd-hit'}
              onMouseEnter={() => setAt(index)}
              onClick={() => choose(hit)}
            >
              <span>{hit.label}</span>
              <span className="d-muted">{hit.kind}</span>
            </button>
          </li>
        ))}
        {!hits.length && <li className="d-hits-none">{w.searchNothing}</li>}
      </ul>
    </Modal>
  )
}

function useHits(typed: string, places: Place[], open: (panel: Panel) => void): Hit[] {
  const w = useWords(shellWords)
  const dark = useDark()
  const navigate = useNavigate()
  const go =
    (to: string, search = {}) =>
    () =>
      void navigate({ to: to as never, search: search as never })
  const page = (key: string, label: string, names: string, to: string) => ({
    key,
    kind: w.pages,
    label,
    names,
    run: go(to),
  })
  const act = (key: string, label: string, run: () => void) => ({
    key,
    kind: w.action,
    label,
    names: label,
    run,
  })
  const all = [
    page('home', w.home, 'home 工作台', '/'),
    ...places.map(({ nav }) => page(nav.key, nav[w.language], `${nav.zh} ${nav.en} ${nav.key}`, nav.route)),
    act('refresh', w.refresh, () => void queries.invalidateQueries()),
    act('theme', dark ? w.toLight : w.toDark, () => preferences.set({ theme: dark ? 'light' : 'dark' })),
    act('language', w.otherLanguage, () => preferences.set({ language: w.language === 'zh' ? 'en' : 'zh' })),
    act('pause', w.pause, toggleLive),
    act('shortcuts', w.shortcuts, () => open('shortcuts')),
  ]
  const needle = typed.toLowerCase()
  const named = all.filter(({ names }) => names.toLowerCase().includes(needle))
  const looksLikeId = /^[\w-]{4,}$/.test(typed) && /\d/.test(typed)
  const found = places
    .filter(({ nav }) => nav.finds && looksLikeId)
    .map(({ nav }) => ({
      key: `find-${nav.key}`,
      kind: w.find,
      label: fill(w.searchIn, { page: nav[w.language], q: typed }),
      run: go(nav.route, { q: typed }),
    }))
  return [...found, ...named].slice(0, 12)
}
