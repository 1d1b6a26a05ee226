import { isFault } from '#kernel/fault.ts'
import { groupCommit } from '#kernel/group-commit.ts'
import { failureOf, FULL_EVERY_MS, nextThreadWalk, type Thread, threadAfterPage } from './collector.ts'
import { type Errand, heed, isCursorRefused, isGone, page } from './errand.ts'
import type { Page, PulledComment } from './source.ts'
import type { CommentStep, OwedReplies, Verdict } from './store.ts'

/** Threads and owed replies that are looked up at a time, and pages of replies that may wait for the ledger. */
const THREADS_AT_ONCE = 100
const OWED_AT_ONCE = 200
const UNKEPT_PAGES = 8

type Keep = (step: CommentStep) => Promise<Verdict>

/**
 * Reads the comments of every video that may have new ones, several videos at once. Pages of different videos that
 * are ready at the same time share one transaction; while it commits, the next pages are fetched.
 */
export async function readComments(errand: Errand): Promise<void> {
  const { store, schedule, run, look, clock, settings } = errand
  const ask = { isEvery: look.isAsked || look.sinceMs !== null, staleMs: look.nowMs - FULL_EVERY_MS }
  await schedule.addWork(run, await store.threadWork(run, ask))
  const keep: Keep = groupCommit<CommentStep, Verdict>({
    name: 'collector',
    maxBatch: 2 * settings.concurrency,
    async commit(steps) {
      const verdict = await store.keepComments(run, steps, clock.now())
      return steps.map(() => verdict)
    },
  })
  let behind: Thread | null = null
  let ready: Thread[] = []
  let isDrained = false
  let looking: Promise<void> | null = null
  const next = async (): Promise<Thread | undefined> => {
    while (ready.length === 0 && !isDrained) {
      looking ??= store.threads(run, { ...ask, behind, limit: THREADS_AT_ONCE }).then((found) => {
        behind = found.at(-1) ?? behind
        isDrained = found.length < THREADS_AT_ONCE
        ready = found
        looking = null
      })
      await looking
    }
    return ready.shift()
  }
  const hand = new AbortController()
  const signal = AbortSignal.any([errand.signal, hand.signal])
  const reader = async () => {
    try {
      for (let thread = await next(); thread && !signal.aborted; thread = await next()) {
        await readThread({ ...errand, signal }, keep, thread)
      }
    } catch (error) {
      hand.abort(error)
      throw error
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: settings.concurrency }, reader))
  errand.signal.throwIfAborted()
  // The others were stopped by the first one's failure, which is the reason to tell.
  if (hand.signal.aborted) throw hand.signal.reason
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed) throw failed.reason
}

async function readThread(errand: Errand, keep: Keep, found: Thread): Promise<void> {
  const { store, schedule, run, look, clock } = errand
  const steps = 1 + Math.max(0, found.reported - found.known)
  let thread = found
  try {
    for (let walk = nextThreadWalk(thread, look); walk; walk = nextThreadWalk(thread, look)) {
      await walkThread(errand, keep, walk)
      await readOwed(errand, keep, walk.itemId)
      thread = await store.thread(run, found.itemId)
    }
    await readOwed(errand, keep, found.itemId)
  } catch (error) {
    // One video's trouble holds none of the others up: Douyin has forgotten it, or sends what we cannot read.
    if (isGone(error)) await store.videoGone(run, found.itemId, clock.now())
    else if (isFault(error) && error.kind === 'invalid') await schedule.noteFailure(run, { source: 'comments', itemId: found.itemId, ...failureOf(error) })
    else throw error
  }
  heed(await keep({ kind: 'finish', itemId: found.itemId, steps }))
}

/** One walk; the next page is on its way while the last one is being kept. */
async function walkThread(errand: Errand, keep: Keep, from: Thread): Promise<void> {
  const { clock } = errand
  let coming = pull(errand, from)
  for (;;) {
    const { found, from: taken } = await coming
    const rows = found.rows.map((row) => ({ atMs: row.createdAtMs, isTop: row.isTop }))
    const to = threadAfterPage(taken, { rows, cursor: found.cursor }, clock.now())
    const isLast = to.pass === null
    if (!isLast) coming = pull(errand, to)
    // It may fail while we wait for the ledger; the loop will hear of it.
    coming.catch(() => {})
    heed(await keep({ kind: 'thread', rows: found.rows, thread: to }))
    if (isLast) return
  }
}

/** A page of the walk; a cursor that is refused sends the walk back to its beginning. */
async function pull(errand: Errand, walk: Thread): Promise<{ found: Page<PulledComment>; from: Thread }> {
  const { source, account, signal } = errand
  const ask = (cursor: string | null) => page(errand, () => source.listComments(account, walk.itemId, cursor, signal))
  try {
    return { found: await ask(walk.cursor), from: walk }
  } catch (error) {
    if (!isCursorRefused(error)) throw error
    return { found: await ask(null), from: { ...walk, cursor: null, headMs: null } }
  }
}

/** Reads the replies of every comment whose count of them moved. */
async function readOwed(errand: Errand, keep: Keep, itemId: string): Promise<void> {
  const { store, run } = errand
  for (;;) {
    const owed = await store.owedReplies(run, itemId, OWED_AT_ONCE)
    const unkept = new Set<Promise<void>>()
    for (const comment of owed) {
      const { kept } = await readReplies(errand, keep, itemId, comment)
      const one: Promise<void> = kept.then(heed).finally(() => unkept.delete(one))
      one.catch(() => {})
      unkept.add(one)
      if (unkept.size >= UNKEPT_PAGES) await Promise.race(unkept)
    }
    await Promise.all(unkept)
    if (owed.length < OWED_AT_ONCE) return
  }
}

/** Reads one comment's replies to the end. The last page may still be on its way into the ledger: `kept`. */
async function readReplies(
  errand: Errand,
  keep: Keep,
  itemId: string,
  { commentId, replies, cursor }: OwedReplies,
): Promise<{ kept: Promise<Verdict> }> {
  const { source, account, signal } = errand
  for (let at = cursor; ; ) {
    const found = await page(errand, () => source.listReplies(account, itemId, commentId, at, signal)).catch((error) => {
      // The comment is gone: nobody owes its replies any more.
      if (isGone(error)) return { rows: [], cursor: null }
      throw error
    })
    const kept = keep({ kind: 'replies', rows: found.rows, itemId, commentId, cursor: found.cursor, replies })
    if (found.cursor === null) return { kept }
    heed(await kept)
    at = found.cursor
  }
}
