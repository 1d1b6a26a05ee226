import type { ClipView } from '#capabilities/create/clips/store.ts'
import { words } from '#capabilities/create/clips/words.ts'
import { latency, missing } from '#console/format.ts'
import { useNow } from '#console/parts/clock.ts'
import type { Column } from '#console/parts/columns.ts'
import { Status } from '#console/parts/status.tsx'
import { useWords } from '#console/words.ts'
import { baseName, bytesText, framingText, lengthText, reasonText, shareOf, tookMs } from './clip-text.ts'
import { StateTag } from './job-cells.tsx'
import { Share } from './progress.tsx'

export function useClipColumns(): Column<ClipView>[] {
  const w = useWords(words)
  return [
    {
      key: 'position',
      title: '#',
      width: 44,
      align: 'right',
      render: ({ position }) => position + 1,
      value: ({ position }) => position + 1,
    },
    {
      key: 'name',
      title: w.clip,
      mobile: 'title',
      render: (clip) => (
        <span className="d-clip" title={clip.output}>
          {clip.name}
        </span>
      ),
      value: (clip) => clip.name,
    },
    {
      key: 'state',
      title: w.state,
      width: 96,
      mobile: 'side',
      render: (clip) => <StateTag state={clip.state} />,
      value: (clip) => clip.state,
    },
    {
      key: 'progress',
      title: w.progress,
      width: 120,
      mobile: 'main',
      render: (clip) => (
        <Share
          of={shareOf(clip)}
          tone={clip.state === 'failed' ? 'error' : clip.state === 'done' ? 'success' : 'primary'}
        />
      ),
      value: shareOf,
    },
    {
      key: 'step',
      title: w.step,
      width: 64,
      render: (clip) => (clip.state === 'running' && clip.step ? w[clip.step] : missing),
      value: (clip) => clip.step,
    },
    {
      key: 'source',
      title: w.source,
      width: 124,
      render: (clip) => (
        <span className="d-clip" title={clip.source}>
          {baseName(clip.source)}
        </span>
      ),
      value: (clip) => clip.source,
    },
    {
      key: 'framing',
      title: w.framing,
      width: 160,
      mobile: 'main',
      render: (clip) => <span className="d-clip">{framingText(clip, w.language)}</span>,
      value: (clip) => framingText(clip, w.language),
    },
    {
      key: 'output',
      title: w.output,
      width: 116,
      render: ({ result }) =>
        result ? `${lengthText(result.facts.durationSeconds)} · ${bytesText(result.bytes)}` : missing,
      value: ({ result }) => result?.bytes,
    },
    {
      key: 'checked',
      title: w.checked,
      width: 110,
      mobile: 'main',
      render: (clip) => <Checked clip={clip} />,
      value: (clip) => clip.failure?.code ?? (clip.result ? 'ok' : ''),
    },
    { key: 'took', title: w.took, width: 68, align: 'right', render: (clip) => <Took clip={clip} /> },
  ]
}

/** The result was probed and is right, or why there is none. */
function Checked({ clip: { failure, state, result } }: { clip: ClipView }) {
  const w = useWords(words)
  if (failure && state !== 'done')
    return (
      <span className="d-ink-error d-clip" title={`${failure.message}\n${failure.code}`}>
        {reasonText(failure.code, w.language)}
      </span>
    )
  if (!result) return <span>{missing}</span>
  return <Status tone="success">{result.isReused ? w.reused : w.right}</Status>
}

function Took({ clip }: { clip: ClipView }) {
  const now = useNow()
  const ms = tookMs(clip, Math.max(now, Date.now()))
  return <span className="d-num">{clip.state === 'waiting' || ms === null ? missing : latency(ms)}</span>
}
