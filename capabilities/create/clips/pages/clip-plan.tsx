import type { TrackPoint } from '#capabilities/create/clips/picture/track.ts'
import type { ClipView } from '#capabilities/create/clips/store.ts'
import { words } from '#capabilities/create/clips/words.ts'
import { num } from '#console/format.ts'
import { Facts, Raw } from '#console/parts/drawer560.tsx'
import { fill, useWords } from '#console/words.ts'
import { bytesText, framingText, lengthText } from './clip-text.ts'

/** How it is made: framing, crop path, pieces, steps, and every setting written out. */
export function ClipPlan({ clip }: { clip: ClipView }) {
  const w = useWords(words)
  const { plan, order, result } = clip
  const { framing } = plan
  const track = result?.track ?? []
  const follows = framing.mode === 'crop' && order.reframe.focus === 'subject'
  return (
    <>
      <Facts
        rows={[
          [w.how, w[plan.mode]],
          [w.framing, framingText(clip, w.language)],
          [
            w.window,
            fill(w.windowIs, {
              w: framing.window.width,
              h: framing.window.height,
              ow: framing.size.width,
              oh: framing.size.height,
              scale: num(framing.scale),
            }),
          ],
          ...(framing.mode === 'crop'
            ? ([[w.cropPath, follows ? <Path key="p" track={track} /> : w.cropStands]] as [
                string,
                React.ReactNode,
              ][])
            : []),
          [
            w.segments,
            plan.segments
              ? plan.segments
                  .map(
                    ({ fromSeconds, toSeconds }) => `${lengthText(fromSeconds)} – ${lengthText(toSeconds)}`,
                  )
                  .join(', ')
              : w.segmentsOpen,
          ],
          [w.step, plan.steps.map((step) => w[step]).join(' → ')],
          [w.fps, plan.fps],
          [w.bytes, fill(w.bytesPlan, { n: bytesText(plan.bytes) })],
          ...(plan.notes.length > 0
            ? ([[w.notes, plan.notes.map((note) => <div key={note}>{note}</div>)]] as [
                string,
                React.ReactNode,
              ][])
            : []),
        ]}
      />
      <div className="d-muted">{w.order}</div>
      <Raw value={order} />
    </>
  )
}

/** Where the middle of the crop stands over time: left to right is time, up and down the side that is cropped. */
function Path({ track }: { track: TrackPoint[] }) {
  const w = useWords(words)
  const last = track.at(-1)?.atSeconds ?? 0
  if (track.length < 2 || last === 0) return <span>{w.cropMoves}</span>
  const points = track.map(({ atSeconds, middle }) => `${(atSeconds / last) * 300},${middle * 60}`).join(' ')
  const middles = track.map(({ middle }) => middle)
  const says = fill(w.cropPathIs, {
    n: track.length,
    from: num(Math.min(...middles)),
    to: num(Math.max(...middles)),
  })
  return (
    <figure style={{ margin: 0 }}>
      <svg
        viewBox="0 0 300 60"
        role="img"
        aria-label={says}
        style={{ width: '100%', background: 'var(--d-head)', borderRadius: 4 }}
      >
        <polyline points={points} fill="none" stroke="var(--d-info)" strokeWidth="2" />
      </svg>
      <figcaption className="d-muted">{says}</figcaption>
    </figure>
  )
}
