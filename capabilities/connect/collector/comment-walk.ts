import { isFault } from '#kernel/fault.ts'
import { groupCommit } from '#kernel/group-commit.ts'
import { turnstile } from '#kernel/turnstile.ts'
import { FULL_EVERY_MS, failureOf, nextThreadWalk, type Thread, threadAfterPage } from './collector.ts'
import { type Errand, heed, isCursorRefused, isGone, page } from './errand.ts'
import type { Page, PulledComment } from './source.ts'
import type { CommentStep, KeptComments, OwedReplies, ReplyPage } from './store.ts'

/** Threads that are looked up at a time, and comments whose replies are. */
const THREADS_AT_ONCE = 100
const OWED_AT_ONCE = 200
/** Videos in hand for each call under way: while some wait for the ledger, others keep the calls going. */
const THREADS_PER_CALL = 8
/** Pages of replies of one video that may wait for the ledger. */
const UNKEPT_PAGES = 16

interface CommentErrand extends Errand {
  /** Calls go through here: no more at once than the setting says. */
  call<T>(ask: () => Promise<T>): Promise<T>
  keep(step: CommentStep): Promise<KeptComments>
}

/**
 * Reads the comments of every video that may have new ones, several videos at once. All pages that are ready when a
 * transaction ends share the next one, so the slower the ledger, the larger its bites: the calls do not wait for it.
 */
export async function readComments(base: Errand): Promise<void> {
  const { store, schedule, run, look, clock, settings } = base
  const ask = { isEvery: look.isAsked || look.sinceMs !== null, staleMs: look.nowMs - FULL_EVERY_MS }
  await schedule.addWork(run, await store.threadWork(run, ask))
  const hand = new AbortController()
  const signal = AbortSignal.any([base.signal, hand.signal])
  const turn = turnstile(settings.concurrency)
  const errand: CommentErrand = {
    ...base,
    signal,
    call: (work) => page({ clock, signal }, () => turn(work)),
    keep: groupCommit<CommentStep, KeptComments>({
      name: 'collector',
      maxBatch: 100,
      async commit(steps) {
        const kept = await store.keepComments(run, steps, clock.now())
        return steps.map(() => kept)
      },
    }),
  }
  const next = threadFeed(errand, ask)
  const reader = async () => {
    try {
      for (let thread = await next(); thread && !signal.aborted; thread = await next())
        await readThread(errand, thread)
    } catch (error) {
      hand.abort(error)
      throw error
    }
  }
  const ends = await Promise.allSettled(
    Array.from({ length: settings.concurrency * THREADS_PER_CALL }, reader),
  )
  base.signal.throwIfAborted()
  // The others were stopped by the first one's failure, which is the reason to tell.
  if (hand.signal.aborted) throw hand.signal.reason
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed) throw failed.reason
}

/** Threads one after the other, looked up in pages. */
function threadFeed(
  { store, run }: CommentErrand,
  ask: { isEvery: boolean; staleMs: number },
): () => Promise<Thread | undefined> {
  let behind: Thread | null = null
  let ready: Thread[] = []
  let isDrained = false
  let looking: Promise<void> | null = null
  const lookUp = async () => {
    const found = await store.threads(run, { ...ask, behind, limit: THREADS_AT_ONCE })
    behind = found.at(-1) ?? behind
    isDrained = found.length < THREADS_AT_ONCE
    ready = found
    looking = null
  }
  return async () => {
    while (ready.length === 0 && !isDrained) {
      looking ??= lookUp()
      await looking
    }
    return ready.shift()
  }
}

async function readThread(errand: CommentErrand, found: Thread): Promise<void> {
  const { store, schedule, run, look, clock } = errand
  const steps = 1 + Math.max(0, found.reported - found.known)
  let thread = found
  try {
    if (thread.isOwing) await readLeftOwed(errand, thread.itemId)
    for (let walk = nextThreadWalk(thread, look); walk; walk = nextThreadWalk(thread, look)) {
      thread = await walkThread(errand, walk)
    }
  } catch (error) {
    // One video's trouble holds none of the others up: Douyin has forgotten it, or sends what we cannot read.
    if (isGone(error)) await store.videoGone(run, found.itemId, clock.now())
    else if (isFault(error) && error.kind === 'invalid')
      await schedule.noteFailure(run, { source: 'comments', itemId: found.itemId, ...failureOf(error) })
    else throw error
  }
  heed((await errand.keep({ kind: 'finish', itemId: found.itemId, steps })).verdict)
}

/** One walk, and the replies that its pages turn out to owe; the next page is on its way while the last is being kept. */
async function walkThread(errand: CommentErrand, from: Thread): Promise<Thread> {
  const { clock, keep } = errand
  let { known } = from
  let coming = pull(errand, from)
  for (;;) {
    const { found, from: taken } = await coming
    const rows = found.rows.map((row) => ({ atMs: row.createdAtMs, isTop: row.isTop }))
    const to = threadAfterPage(taken, { rows, cursor: found.cursor }, clock.now())
    const isLast = to.pass === null
    if (!isLast) coming = pull(errand, to)
    // It may fail while we wait for the ledger; the loop will hear of it.
    coming.catch(() => {})
    const kept = await keep({
      kind: 'thread',
      rows: found.rows,
      thread: to,
      ...(await firstReplies(errand, taken, found.rows)),
    })
    heed(kept.verdict)
    known = kept.known.get(to.itemId) ?? known
    const own = new Set(found.rows.map((row) => row.commentId))
    const owed = (kept.owed.get(to.itemId) ?? []).filter((comment) => own.has(comment.commentId))
    known = Math.max(known, await readReplies(errand, to.itemId, owed))
    if (isLast) return { ...to, known }
  }
}

/**
 * The first page of replies to each comment of a page whose count of them moved: they are kept together with it, so
 * most comments are written once. The few with more replies than that stay owed.
 */
async function firstReplies(errand: CommentErrand, thread: Thread, rows: readonly PulledComment[]) {
  const answered = rows.filter((row) => row.replies > 0)
  const ids = answered.map((row) => row.commentId)
  const settled =
    thread.known > 0 || thread.fullMs !== null
      ? await errand.store.settledReplies(errand.run, ids)
      : new Map<string, number>()
  const owing = answered.filter((row) => settled.get(row.commentId) !== row.replies)
  const replies = await Promise.all(owing.map((row) => replyPage(errand, thread.itemId, row, null)))
  return { replies, settled }
}

/** A page of the walk; a cursor that is refused sends the walk back to its beginning. */
async function pull(
  { call, source, account, signal }: CommentErrand,
  walk: Thread,
): Promise<{ found: Page<PulledComment>; from: Thread }> {
  const ask = (cursor: string | null) => call(() => source.listComments(account, walk.itemId, cursor, signal))
  try {
    return { found: await ask(walk.cursor), from: walk }
  } catch (error) {
    if (!isCursorRefused(error)) throw error
    return { found: await ask(null), from: { ...walk, cursor: null, headMs: null } }
  }
}

/** Reads what an earlier run left owed. */
async function readLeftOwed(errand: CommentErrand, itemId: string): Promise<void> {
  const { store, run } = errand
  for (;;) {
    const owed = await store.owedReplies(run, itemId, OWED_AT_ONCE)
    await readReplies(errand, itemId, owed)
    if (owed.length < OWED_AT_ONCE) return
  }
}

/** Reads the replies of these comments; answers with the count of the video's comments that we hold then (0: as before). */
async function readReplies(
  errand: CommentErrand,
  itemId: string,
  owed: readonly OwedReplies[],
): Promise<number> {
  const unkept = new Set<Promise<void>>()
  let known = 0
  for (const comment of owed) {
    const { kept } = await readRepliesTo(errand, itemId, comment)
    const one: Promise<void> = kept
      .then((answer) => {
        heed(answer.verdict)
        known = Math.max(known, answer.known.get(itemId) ?? 0)
      })
      .finally(() => unkept.delete(one))
    one.catch(() => {})
    unkept.add(one)
    if (unkept.size >= UNKEPT_PAGES) await Promise.race(unkept)
  }
  await Promise.all(unkept)
  return known
}

/** Reads one comment's replies to the end. The last page may still be on its way into the ledger: `kept`. */
async function readRepliesTo(
  errand: CommentErrand,
  itemId: string,
  owed: OwedReplies,
): Promise<{ kept: Promise<KeptComments> }> {
  for (let at = owed.cursor; ; ) {
    const found = await replyPage(errand, itemId, owed, at)
    const kept = errand.keep({ kind: 'replies', itemId, ...found })
    if (found.cursor === null) return { kept }
    heed((await kept).verdict)
    at = found.cursor
  }
}

async function replyPage(
  { call, source, account, signal }: CommentErrand,
  itemId: string,
  { commentId, replies }: Pick<OwedReplies, 'commentId' | 'replies'>,
  cursor: string | null,
): Promise<ReplyPage> {
  const found = await call(() => source.listReplies(account, itemId, commentId, cursor, signal)).catch(
    (error) => {
      // The comment is gone: nobody owes its replies any more.
      if (isGone(error)) return { rows: [], cursor: null }
      throw error
    },
  )
  return { commentId, replies, ...found }
}
