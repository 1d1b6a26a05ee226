import type { Window } from './gateway.ts'

interface Read<T> {
  items: T[]
  total: number
  seenAtMs: number
}

export interface Step<T> extends Read<T> {
  /** Everything up to here has been seen once the items of this step are kept. */
  reachedMs: number
}

type Reader<T> = (window: Window, page: number) => Promise<Read<T>>

/** How often a second is read again from its beginning because something left it meanwhile. */
const PASSES = 5

/**
 * All items of a window, oldest first. The cursor is the time, not the page: items that move on while we read leave no gap
 * behind them, and no window is too large for a platform that shows only so many of one. Only where a single second has more
 * than a page are pages turned. An item may come twice.
 */
export async function* pages<T>(
  read: Reader<T>,
  timeOf: (item: T) => number,
  { fromMs, untilMs }: Window,
  { pageSize }: { pageSize: number },
): AsyncGenerator<Step<T>> {
  for (let startMs = fromMs; startMs < untilMs; ) {
    const { items, total, seenAtMs } = await read({ fromMs: startMs, untilMs }, 0)
    const isLast = items.length < pageSize || pageSize >= total
    const second = secondOf(items.reduce((latest, item) => Math.max(latest, timeOf(item)), 0))
    yield {
      items,
      total,
      seenAtMs,
      reachedMs: isLast ? Math.min(untilMs, seenAtMs) : Math.max(startMs, second),
    }
    if (isLast) return
    // The last second may go on behind this page: it is read again from its beginning.
    if (second > secondOf(startMs)) {
      startMs = second
      continue
    }
    yield* oneSecond(read, second, pageSize)
    startMs = second + 1000
  }
}

/** A second whose number shrinks while its pages are turned has let something slip by: it is read again. */
async function* oneSecond<T>(read: Reader<T>, second: number, pageSize: number): AsyncGenerator<Step<T>> {
  for (let pass = 0; pass < PASSES; pass++) {
    let atFirst: number | undefined
    for (let page = 0; ; page++) {
      const { items, total, seenAtMs } = await read({ fromMs: second, untilMs: second + 1000 }, page)
      atFirst ??= total
      yield { items, total, seenAtMs, reachedMs: second }
      if (items.length === pageSize && (page + 1) * pageSize < total) continue
      if (total === atFirst) return
      break
    }
  }
}

const secondOf = (ms: number) => Math.floor(ms / 1000) * 1000
