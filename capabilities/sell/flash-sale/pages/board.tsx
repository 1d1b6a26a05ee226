import { useEffect, useState } from 'react'
import type { Board } from '#capabilities/sell/flash-sale/views.ts'
import { salePath } from './sale-cells.tsx'

export type Point = { atMs: number; free: number; held: number; sold: number }
export type Watched = {
  board?: Board | undefined
  /** One a second, since the sale was first watched in this tab. */
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
    return () => {
      clearTimeout(retrying)
      source?.close()
    }
  }, [saleId])
  return watched
}

function keep(saleId: string, { atMs, total: { free, held, sold } }: Board): Point[] {
  const before = kept.get(saleId) ?? []
  const point = { atMs: Math.floor(atMs / 1000) * 1000, free, held, sold }
  const isSame = before.at(-1)?.atMs === point.atMs
  const points = [...before.slice(isSame ? 0 : -mostPoints + 1, isSame ? -1 : undefined), point]
  kept.delete(saleId)
  kept.set(saleId, points)
  if (kept.size > mostSales) kept.delete(kept.keys().next().value!)
  return points
}
