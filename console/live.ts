import { useSyncExternalStore } from 'react'
import { queries } from './client.ts'
import { isListed, mergeRows, type Patch } from './patches.ts'

/** The one live connection of this tab. `waiting` counts new rows per topic that are not shown yet. */
export type Live = {
  state: 'connecting' | 'live' | 'lost' | 'paused'
  lastAtMs?: number
  waiting: Record<string, number>
}

const flushMs = 250
const bufferLimit = 2000
let live: Live = { state: 'connecting', waiting: {} }
const listeners = new Set<() => void>()
const waitingKeys = new Map<string, Set<string>>()
let source: EventSource | undefined
let lastId = ''
let buffer: Patch[] = []
let flushing: ReturnType<typeof setTimeout> | undefined
let retryMs = 1000
let retrying: ReturnType<typeof setTimeout> | undefined

const set = (change: Partial<Live>) => {
  live = { ...live, ...change }
  for (const listener of listeners) listener()
}

function flush() {
  flushing = undefined
  const topics = Map.groupBy(buffer, (patch) => patch.topic)
  buffer = []
  for (const [topic, patches] of topics) apply(topic, patches)
  set({ lastAtMs: Date.now() })
}

function apply(topic: string, patches: Patch[]) {
  for (const query of queries
    .getQueryCache()
    .findAll({ predicate: ({ meta }) => meta?.['topic'] === topic })) {
    const data = query.state.data
    if (data === undefined) continue
    if (!isListed(data)) {
      void queries.invalidateQueries({ queryKey: query.queryKey, exact: true })
      continue
    }
    const merged = mergeRows(data, patches, query.meta?.['rowKey'] as string | undefined)
    // Keeps the age of the data: a patch to one row says nothing about the others.
    if (merged.data !== data)
      queries.setQueryData(query.queryKey, merged.data, { updatedAt: query.state.dataUpdatedAt })
    wait(topic, merged.unknown)
  }
}

function wait(topic: string, keys: string[]) {
  if (!keys.length) return
  const known = waitingKeys.get(topic) ?? new Set()
  waitingKeys.set(topic, known)
  for (const key of keys) if (known.size < bufferLimit) known.add(key)
  live = { ...live, waiting: { ...live.waiting, [topic]: known.size } }
}

function receive(event: MessageEvent<string>) {
  if (event.lastEventId) lastId = event.lastEventId
  buffer.push(JSON.parse(event.data) as Patch)
  // Too much to patch row by row (a tab that slept, a flood): read the lists anew instead.
  if (buffer.length > bufferLimit) {
    buffer = []
    void queries.invalidateQueries()
  }
  flushing ??= setTimeout(flush, flushMs)
}

function open() {
  close()
  set({ state: 'connecting' })
  source = new EventSource(`/api/live${lastId ? `?lastEventId=${encodeURIComponent(lastId)}` : ''}`)
  source.addEventListener('open', () => {
    retryMs = 1000
    set({ state: 'live', lastAtMs: Date.now() })
  })
  source.addEventListener('patch', receive)
  // The platform no longer holds the events since lastId.
  source.addEventListener('reset', () => void queries.invalidateQueries())
  source.addEventListener('error', () => {
    close()
    set({ state: 'lost' })
    retrying = setTimeout(open, retryMs)
    retryMs = Math.min(retryMs * 2, 30_000)
  })
}

function close() {
  clearTimeout(retrying)
  source?.close()
  source = undefined
}

const onVisibility = () => {
  if (live.state === 'paused') return
  if (document.hidden) close()
  else if (!source) open()
}

/** Called by the shell once somebody is signed in; returns the way to stop. */
export function startLive() {
  document.addEventListener('visibilitychange', onVisibility)
  if (!document.hidden) open()
  return () => {
    document.removeEventListener('visibilitychange', onVisibility)
    clearTimeout(flushing)
    flushing = undefined
    close()
  }
}

export function toggleLive() {
  if (live.state === 'paused') return open()
  close()
  set({ state: 'paused' })
}

/** Shows the waiting rows of a topic: its lists are read anew. */
export function showWaiting(topic: string) {
  waitingKeys.delete(topic)
  set({ waiting: { ...live.waiting, [topic]: 0 } })
  return queries.invalidateQueries({ predicate: ({ meta }) => meta?.['topic'] === topic })
}

export const useLive = () =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => live,
  )
