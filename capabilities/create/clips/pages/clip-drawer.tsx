import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import type { ClipView } from '#capabilities/create/clips/store.ts'
import { words } from '#capabilities/create/clips/words.ts'
import { read } from '#console/client.ts'
import { latency } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import { useAction } from '#console/parts/bulk-bar.tsx'
import { Drawer560, Raw } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { useDark } from '#console/preferences.ts'
import { fill, useWords } from '#console/words.ts'
import { ClipCheck } from './clip-check.tsx'
import { ClipPlan } from './clip-plan.tsx'
import { reasonText, shareOf, stepColours } from './clip-text.ts'
import { StateTag, useClipVerbs } from './job-cells.tsx'
import { clipPath } from './path.ts'
import { Players } from './players.tsx'
import { Share } from './progress.tsx'

export type ClipDetail = ClipView & { safeArea: { bottomPx: number; topPx: number; sidePx: number } }

/** One clip: before and after, the check, what ffmpeg was told, and the plan. */
export default function ClipDrawer({ jobId, position }: { jobId: string; position: string }) {
  const w = useWords(words)
  const query = useQuery({
    ...read<ClipDetail>(clipPath(jobId, position)),
    refetchInterval: ({ state }: { state: { data: ClipDetail | undefined } }) =>
      state.data?.state === 'running' || state.data?.state === 'waiting' ? 1_000 : 30_000,
  })
  const clip = query.data
  const show = (part: (clip: ClipDetail) => React.ReactNode) =>
    clip ? (
      part(clip)
    ) : query.isError ? (
      <Reason problem={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <Loading shape="rows" what={w.clip} />
    )
  return (
    <Drawer560
      title={clip?.name ?? w.clip}
      id={`${jobId}/${position}`}
      status={clip && <StateTag state={clip.state} />}
      actions={clip && <Buttons jobId={jobId} clip={clip} />}
      tabs={[
        {
          key: 'preview',
          label: w.preview,
          body: show((clip) => (
            <>
              <Standing clip={clip} />
              <Players jobId={jobId} clip={clip} />
              <Steps clip={clip} />
            </>
          )),
        },
        { key: 'check', label: w.verify, body: show((clip) => <ClipCheck clip={clip} />) },
        { key: 'plan', label: w.plan, body: show((clip) => <ClipPlan clip={clip} />) },
        { key: 'args', label: w.args, body: show((clip) => <Arguments clip={clip} />) },
      ]}
    />
  )
}

function Buttons({ jobId, clip }: { jobId: string; clip: ClipView }) {
  const w = useWords(words)
  const may = useMayChange()
  const verbs = useClipVerbs(jobId)
  const { run, running, problem } = useAction<ClipView>()
  const action = {
    waiting: verbs.pause,
    running: verbs.pause,
    paused: verbs.resume,
    failed: verbs.retry,
    cancelled: verbs.retry,
    done: undefined,
  }[clip.state]
  return (
    <>
      {problem !== undefined && <Reason problem={problem} />}
      {action && (
        <Button
          size="small"
          disabled={!may}
          loading={running !== undefined}
          onClick={() => void run(action, [clip])}
        >
          {action.label}
        </Button>
      )}
      {clip.state === 'done' && (
        <Button size="small" href={`${clipPath(jobId, clip.position)}/output?save=true`} download>
          {w.downloadOne}
        </Button>
      )}
    </>
  )
}

/** How far it is, or why it stopped. */
function Standing({ clip }: { clip: ClipView }) {
  const w = useWords(words)
  const { failure, state } = clip
  return (
    <>
      {state === 'running' && (
        <div>
          <Share of={shareOf(clip)} />
          <div className="d-muted d-num">
            {clip.step && w[clip.step]}
            {clip.attempts > 1 && ` · ${fill(w.resumedFrom, { n: clip.attempts })}`}
          </div>
        </div>
      )}
      {failure && state !== 'done' && (
        <div className="d-quote d-tone-error">
          <strong style={{ fontWeight: 600 }}>{reasonText(failure.code, w.language)}</strong>
          <div className="d-wrap">{failure.message}</div>
          {failure.cure && <div className="d-wrap">{failure.cure}</div>}
          <div className="d-mono">{failure.code}</div>
        </div>
      )}
    </>
  )
}

/** Where the time of this clip went, as one bar. */
function Steps({ clip: { result } }: { clip: ClipView }) {
  const w = useWords(words)
  const colours = stepColours(useDark())
  const steps = result?.steps ?? []
  const total = steps.reduce((sum, { ms }) => sum + ms, 0)
  if (total === 0) return null
  return (
    <div>
      <div className="d-muted">
        {w.steps} · {latency(total)}
      </div>
      <div
        aria-hidden
        style={{ display: 'flex', height: 12, borderRadius: 3, overflow: 'hidden', margin: '4px 0 6px' }}
      >
        {steps.map(({ name, ms }) => (
          <span
            key={name}
            style={{
              width: `${(ms / total) * 100}%`,
              minWidth: 2,
              background: colours[name],
            }}
          />
        ))}
      </div>
      {steps.map(({ name, ms, isKept }) => (
        <div key={name} style={{ display: 'flex', gap: 8, alignItems: 'center', minHeight: 24 }}>
          <span aria-hidden style={{ width: 10, height: 10, borderRadius: 2, background: colours[name] }} />
          <span>{w[name]}</span>
          <span className="d-muted">{isKept ? w.reused : w[`${name}Is` as 'lookIs']}</span>
          <span className="d-space" />
          <span className="d-num" style={{ whiteSpace: 'nowrap' }}>
            {latency(ms)}
          </span>
        </div>
      ))}
    </div>
  )
}

function Arguments({ clip: { result } }: { clip: ClipView }) {
  const w = useWords(words)
  if (!result?.args.length) return <Empty2 kind="done" text={w.noArgs} />
  return (
    <>
      <p className="d-muted">{w.argsNote}</p>
      <Raw value={shellText(result.args)} />
    </>
  )
}

/** One option a line, quoted as a shell reads it. */
function shellText(args: readonly string[]): string {
  const quoted = args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`))
  return `ffmpeg ${quoted.join(' ').replaceAll(/ (-[a-z])/g, ' \\\n  $1')}`
}
