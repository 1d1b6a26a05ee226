import type { ConnectedAccount } from '#kernel/douyin.ts'
import { fault, isFault } from '#kernel/fault.ts'
import { afterFailure, failureOf, HOUSE_ACCOUNT, type Look, type Run, type SourceName } from './collector.ts'
import { readComments } from './comment-walk.ts'
import { type CollectionSettings, type Errand, type Parts, Paused } from './errand.ts'
import { readHotList, readMetrics, readVideos } from './walk.ts'

const WALKS: Record<SourceName, (errand: Errand) => Promise<void>> = {
  videos: readVideos,
  metrics: readMetrics,
  comments: readComments,
  'hot-list': readHotList,
}

/** The sources of a run in the order in which they need each other: comments are read of videos that are known. */
const IN_ORDER: readonly SourceName[] = ['hot-list', 'videos', 'metrics', 'comments']

/**
 * Collects one account's sources once. May be cut off anywhere and called again with the same run: all progress is
 * in the cursors. One source's failure does not stop the next, unless the account cannot be called at all.
 */
export async function collect(
  parts: Parts,
  run: Run,
  account: ConnectedAccount | null,
  signal: AbortSignal,
): Promise<void> {
  const { clock, schedule, log } = parts
  for (const source of IN_ORDER.filter((name) => run.sources.includes(name))) {
    const opened = await schedule.openSource(run, source)
    if (!opened) continue
    const nextPlanMs = clock.now() + everyMs(parts.settings, source)
    try {
      if (!account)
        throw fault(
          'denied',
          'collector/not-connected',
          'This account cannot be called now: authorise it again',
        )
      const look: Look = {
        nowMs: clock.now(),
        isAsked: !run.isScheduled,
        sinceMs: run.sinceMs,
        runAtMs: run.createdAtMs,
      }
      await WALKS[source]({ ...parts, run, account, opened, look, signal })
      await schedule.endSource(run, source, { how: 'done', nextPlanMs }, clock.now())
    } catch (error) {
      if (signal.aborted) throw error
      if (error instanceof Paused) {
        await schedule.endSource(run, source, { how: 'paused', nextPlanMs }, clock.now())
        continue
      }
      const failure = failureOf(error)
      log[isFault(error) ? 'warn' : 'error'](
        { account: run.accountId, source, ...failure, err: error },
        'a collection failed',
      )
      const next = afterFailure(error, opened.failures, clock.now())
      await schedule.endSource(run, source, { how: 'failed', ...next, failure }, clock.now())
    }
  }
  await schedule.endRun(run, clock.now())
}

const everyMs = (settings: CollectionSettings, source: SourceName): number =>
  60_000 *
  {
    videos: settings.videosEveryMinutes,
    metrics: settings.metricsEveryMinutes,
    comments: settings.commentsEveryMinutes,
    'hot-list': settings.hotListEveryMinutes,
  }[source]

/** The installation, where a call asks for an account. */
export const houseAccount = (run: Run): ConnectedAccount => ({
  accountId: HOUSE_ACCOUNT,
  workspaceId: run.workspaceId,
  openId: '',
  nickname: '',
  scopes: [],
})
