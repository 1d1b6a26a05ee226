import { useEffect, useState } from 'react'
import type { Board, History } from '#capabilities/sell/flash-sale/views.ts'
import { api } from '#console/client.ts'
import { salePath } from './sale-cells.tsx'

export type Point = { atMs: number; free: number; held: number; sold: number }
export type Watched = {
  board?: Board | undefined
  /** What the platform has kept, then one a second since the sale was first watched in this tab. */
  points: Point[]
  state: 'connecting' | 'live' | 'waiting' | 'lost'
}

const mostPoints = 900
const mostSales = 20
const retryMs = 2000
// Outlives the page, so that a look at another tab leaves no hole.
const kept = new Map<string, Point[]>()

/** The board of a sale twice a second, from its stream. */
export function useBoard(saleId: string): Watched {
  const [watched, setWatched] = useState<Watched>({ points: kept.get(saleId) ?? [], state: 'connecting' })
  useEffect(() => {
    let source: EventSource | undefined
    let retrying: ReturnType<typeof setTimeout> | undefined
    const set = (change: Partial<Watched>) => setWatched((before) => ({ ...before, ...change }))
    const open = () => {
      source = new EventSource(`${salePath(saleId)}/stream`)
      source.addEventListener('board', ({ data }: MessageEvent<string>) => {
        const board = JSON.parse(data) as Board
        set({ board, points: keep(saleId, board), state: 'live' })
      })
      source.addEventListener('waiting', () => set({ state: 'waiting' }))
      source.addEventListener('error', () => {
        source?.close()
        set({ state: 'lost' })
        retrying = setTimeout(open, retryMs)
      })
    }
    open()
    const stop = new AbortController()
    if (!asked.has(saleId))
      api
        .get<History>(`${salePath(saleId)}/history`, { points: mostPoints }, stop.signal)
        .then((history) => set({ points: keepOlder(saleId, history) }))
        // The picture then begins now, as the page says.
        .catch(() => {})
    return () => {
      stop.abort()
      clearTimeout(retrying)
      source?.close()
    }
  }, [saleId])
  return watched
}

const asked = new Set<string>()

/** What was before this tab looked, carried on where nothing changed. */
function keepOlder(saleId: string, { seconds }: History): Point[] {
  asked.add(saleId)
  const own = kept.get(saleId) ?? []
  const firstMs = own[0]?.atMs ?? Number.POSITIVE_INFINITY
  const older: Point[] = []
  for (const { atMs, units } of seconds) {
    const now = units ?? older.at(-1)
    if (now && atMs < firstMs) older.push({ atMs, free: now.free, held: now.held, sold: now.sold })
  }
  const points = [...older, ...own].slice(-2 * mostPoints)
  kept.set(saleId, points)
  return points
}

function keep(saleId: string, { atMs, total: { free, held, sold } }: Board): Point[] {
  const before = kept.get(saleId) ?? []
  const point = { atMs: Math.floor(atMs / 1000) * 1000, free, held, sold }
  const isSame = before.at(-1)?.atMs === point.atMs
  const points = [...before.slice(isSame ? 0 : -2 * mostPoints + 1, isSame ? -1 : undefined), point]
  kept.delete(saleId)
  kept.set(saleId, points)
  if (kept.size > mostSales) {
    const oldest = kept.keys().next().value!
    kept.delete(oldest)
    asked.delete(oldest)
  }
  return points
}
