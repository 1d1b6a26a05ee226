import { afterPage, nextWalk, type Pass } from './collector.ts'
import { type Errand, heed, isCursorRefused, page } from './errand.ts'

/** Walks the videos of the account, newest first: to the end the first time and daily, otherwise to what is known. */
export async function readVideos(errand: Errand): Promise<void> {
  const { source, store, schedule, run, account, opened, look, clock, signal } = errand
  let at: Pass | null = nextWalk<Pass>(opened, look)
  while (at?.pass) {
    const walk: Pass = at
    const found = await page(errand, () => source.listVideos(account, walk.cursor, signal)).catch((error) => {
      // A cursor from long ago may no longer be understood: the walk begins again, once.
      if (isCursorRefused(error)) return null
      throw error
    })
    if (!found) {
      at = { ...walk, cursor: null, headMs: null }
      continue
    }
    await schedule.addWork(run, found.rows.length)
    const to = afterPage(
      walk,
      {
        rows: found.rows.map((row) => ({ atMs: row.publishedAtMs, isTop: row.isTop })),
        cursor: found.cursor,
      },
      clock.now(),
    )
    heed(
      await store.keepVideos(run, {
        source: 'videos',
        videos: found.rows,
        to,
        isListed: true,
        lookedAtMs: clock.now(),
      }),
    )
    if (to.pass === null && found.cursor === null && walk.passAtMs !== null)
      await store.markGone(run, walk.passAtMs, clock.now())
    at = to
  }
}

/** Looks at the numbers of every known video once, in the order of their ids. */
export async function readMetrics(errand: Errand): Promise<void> {
  const { source, store, schedule, run, account, opened, look, clock, signal, settings } = errand
  let at: Pass = opened.pass ? opened : { ...opened, pass: 'full', passAtMs: look.nowMs, cursor: null }
  while (at.pass) {
    const ids = await store.videoIds(run, at.cursor, settings.idsPerCall)
    await schedule.addWork(run, ids.length)
    const videos = ids.length > 0 ? await page(errand, () => source.videoData(account, ids, signal)) : []
    const isEnd = ids.length < settings.idsPerCall
    const to: Pass = {
      ...at,
      revision: at.revision + 1,
      ...(isEnd
        ? { pass: null, cursor: null, settledMs: at.passAtMs, fullMs: at.passAtMs }
        : { cursor: ids.at(-1)! }),
    }
    heed(
      await store.keepVideos(run, {
        source: 'metrics',
        videos,
        to,
        isListed: false,
        lookedAtMs: clock.now(),
      }),
    )
    at = to
  }
}

/** One snapshot of the hot list. */
export async function readHotList(errand: Errand): Promise<void> {
  const { source, store, schedule, run, clock, signal } = errand
  const hotList = await page(errand, () => source.hotList(signal))
  await schedule.addWork(run, hotList.entries.length)
  heed(await store.keepHotList(run, hotList, clock.now()))
}
