import type { Clock } from '#kernel/clock.ts'
import { fault } from '#kernel/fault.ts'
import type { Reach } from '#kernel/paths.ts'
import type { Batch, BatchState, Pending, Result } from './batch.ts'
import { expanded, type Item } from './files/expand.ts'
import { type LookParts, look } from './look.ts'
import type { Store } from './store.ts'

export interface RunParts {
  store: Store
  clock: Clock
  look: Omit<LookParts, 'reach' | 'preset' | 'uploads'> & {
    uploadsOf(batch: Batch): LookParts['uploads']
    presetOf(batch: Batch): Promise<LookParts['preset']>
  }
  roots: readonly string[]
  maxFiles: number
  /** Told after each transaction. */
  told(batch: Batch): void
}

const CHUNK = 200
const FLUSH_EVERY_MS = 1_000
const PAGE = 1_000

/**
 * Does what is left of a batch. At any point it may be killed: what was committed stays, the rest waits.
 * @throws unavailable `media-metadata/interrupted` when the signal fired, so that its job comes again.
 */
export async function runBatch(parts: RunParts, batch: Batch, signal: AbortSignal): Promise<void> {
  const { store, clock } = parts
  const reach = { roots: parts.roots, isAnywhere: batch.anyPath }
  if (!batch.isExpanded) await search(parts, batch, reach)
  const lookParts: LookParts = {
    ...parts.look,
    reach,
    uploads: parts.look.uploadsOf(batch),
    preset: await parts.look.presetOf(batch),
  }
  const stop = new AbortController()
  const until = AbortSignal.any([signal, stop.signal])
  const tray = chunks(parts, batch, (state) => {
    if (state === 'cancelled') stop.abort()
  })
  try {
    await inParallel(pendingOf(store, batch, until), batch.concurrency, until, async (item) => {
      const result = await look(lookParts, batch, item, until).catch((error) => {
        if (until.aborted) return null
        throw error
      })
      if (result) await tray.add(result)
    })
  } finally {
    stop.abort()
    await tray.close()
  }
  if (signal.aborted)
    throw fault('unavailable', 'media-metadata/interrupted', 'The batch was interrupted and goes on later', {
      retryAfterMs: 1_000,
    })
  await store.endBatch(batch, clock.now())
}

async function search({ store, maxFiles }: RunParts, batch: Batch, reach: Reach): Promise<void> {
  await store.forgetItems(batch)
  let found: Item[] = []
  let total = 0
  const flush = async () => {
    if (found.length > 0) await store.addItems(batch, total - found.length, found)
    found = []
  }
  for await (const item of expanded(batch.sources, reach, maxFiles)) {
    found.push(item)
    total++
    if (found.length >= PAGE) await flush()
  }
  await flush()
  await store.endSearch(batch, total)
}

async function* pendingOf(store: Store, batch: Batch, signal: AbortSignal): AsyncGenerator<Pending> {
  for (let after = -1; ; ) {
    const page = await store.pending(batch, after, PAGE)
    for (const item of page) {
      if (signal.aborted) return
      yield item
    }
    if (page.length < PAGE) return
    after = page.at(-1)!.seq
  }
}

/** Some pieces of work at once out of one source. The first failure stops the others at their next piece. */
async function inParallel<T>(
  source: AsyncGenerator<T>,
  atOnce: number,
  signal: AbortSignal,
  work: (one: T) => Promise<void>,
): Promise<void> {
  let hasFailed = false
  const lane = async () => {
    while (!hasFailed && !signal.aborted) {
      const { value, done } = await source.next()
      if (done) return
      await work(value).catch((error) => {
        hasFailed = true
        throw error
      })
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: atOnce }, lane))
  const failed = lanes.find((one) => one.status === 'rejected')
  if (failed) throw failed.reason
}

/** Gathers results and commits them by the chunk, one chunk at a time, at the latest every second. */
function chunks({ store, clock, told }: RunParts, batch: Batch, hear: (state: BatchState) => void) {
  let waiting: Result[] = []
  let committing: Promise<void> = Promise.resolve()
  const flush = () => {
    committing = committing.then(async () => {
      const chunk = waiting
      waiting = []
      if (chunk.length === 0) return
      hear(await store.commit(batch, chunk, clock.now()))
      told(batch)
    })
    return committing
  }
  // A failed commit is thrown to whoever adds next, or at the end.
  const timer = setInterval(() => void flush().catch(() => {}), FLUSH_EVERY_MS)
  return {
    async add(result: Result) {
      waiting.push(result)
      if (waiting.length >= CHUNK) await flush()
    },
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}
