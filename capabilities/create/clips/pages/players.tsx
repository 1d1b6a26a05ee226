import { Button, Checkbox } from 'antd'
import { type CSSProperties, type RefObject, useRef, useState } from 'react'
import { words } from '#capabilities/create/clips/words.ts'
import { useWords } from '#console/words.ts'
import type { ClipDetail } from './clip-drawer.tsx'
import { clipPath } from './path.ts'

/** The source's piece and the result beside each other; over the result what the app and the subtitles take up. */
export function Players({ jobId, clip }: { jobId: string; clip: ClipDetail }) {
  const w = useWords(words)
  const source = useRef<HTMLVideoElement>(null)
  const output = useRef<HTMLVideoElement>(null)
  const [isPlaying, setPlaying] = useState(false)
  const [hasSafe, setSafe] = useState(true)
  const [hasMargin, setMargin] = useState(true)
  const { fromSeconds, toSeconds } = clip.order.range
  const base = clipPath(jobId, clip.position)
  const isDone = clip.state === 'done'
  const toggle = () => {
    const both = [source.current, output.current].filter((video) => video !== null)
    if (isPlaying) for (const video of both) video.pause()
    else {
      if (source.current && output.current)
        source.current.currentTime = fromSeconds + output.current.currentTime
      for (const video of both) void video.play().catch(() => {})
    }
    setPlaying(!isPlaying)
  }
  return (
    <>
      <div
        style={{
          display: 'grid',
          gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
          gap: 12,
          alignItems: 'start',
        }}
      >
        <figure style={{ margin: 0 }}>
          <figcaption className="d-muted">{w.before}</figcaption>
          <Video video={source} src={`${base}/source#t=${fromSeconds},${toSeconds}`} isMuted />
        </figure>
        <figure style={{ margin: 0 }}>
          <figcaption className="d-muted">{w.after}</figcaption>
          {isDone ? (
            <div style={{ position: 'relative' }}>
              <Video video={output} src={`${base}/output`} ended={() => setPlaying(false)} />
              <Overlay clip={clip} hasSafe={hasSafe} hasMargin={hasMargin} />
            </div>
          ) : (
            <div style={{ ...screen(clip), display: 'grid', placeItems: 'center', padding: 12 }}>
              <span className="d-muted">{w.notYet}</span>
            </div>
          )}
        </figure>
      </div>
      {isDone && (
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: '4px 16px', alignItems: 'center' }}>
          <Button size="small" onClick={toggle}>
            {isPlaying ? w.stopBoth : w.playBoth}
          </Button>
          <Checkbox checked={hasSafe} onChange={({ target }) => setSafe(target.checked)}>
            {w.safeArea}
          </Checkbox>
          <Checkbox checked={hasMargin} onChange={({ target }) => setMargin(target.checked)}>
            {w.margin}
          </Checkbox>
        </div>
      )}
      {isDone && <p className="d-muted">{w.safeNote}</p>}
    </>
  )
}

const screen = ({ plan }: Pick<ClipDetail, 'plan'>): CSSProperties => ({
  aspectRatio: `${plan.framing.size.width} / ${plan.framing.size.height}`,
  background: 'var(--d-head)',
  borderRadius: 4,
})

type VideoProps = {
  video: RefObject<HTMLVideoElement | null>
  src: string
  isMuted?: boolean
  ended?: () => void
}

function Video({ video, src, isMuted = false, ended }: VideoProps) {
  const w = useWords(words)
  const [isBroken, setBroken] = useState(false)
  if (isBroken)
    return (
      <div className="d-muted" style={{ padding: 16, background: 'var(--d-head)', borderRadius: 4 }}>
        {w.cannotPlay}
      </div>
    )
  return (
    <video
      ref={video}
      src={src}
      controls
      muted={isMuted}
      playsInline
      preload="metadata"
      onError={() => setBroken(true)}
      onEnded={ended}
      style={{ display: 'block', width: '100%', maxHeight: 460, background: '#000', borderRadius: 4 }}
    />
  )
}

type OverlayProps = { clip: ClipDetail; hasSafe: boolean; hasMargin: boolean }

/** In shares of the frame, so that it fits whatever size the player has. */
function Overlay({ clip: { plan, safeArea }, hasSafe, hasMargin }: OverlayProps) {
  const w = useWords(words)
  const { width, height } = plan.framing.size
  const top = `${(safeArea.topPx / height) * 100}%`
  const bottom = `${(safeArea.bottomPx / height) * 100}%`
  const side = `${(safeArea.sidePx / width) * 100}%`
  return (
    <div aria-hidden style={{ position: 'absolute', inset: 0, pointerEvents: 'none', overflow: 'hidden' }}>
      {hasSafe && (
        <span
          style={{
            ...frame,
            top,
            bottom,
            left: side,
            right: side,
            boxShadow: '0 0 0 2000px rgb(194 87 12 / 0.28)',
          }}
        />
      )}
      {hasMargin && (
        <span style={{ position: 'absolute', left: 0, right: 0, bottom, borderTop: '2px dashed #FBBF24' }}>
          <span style={tag}>
            {w.margin} {safeArea.bottomPx} px
          </span>
        </span>
      )}
    </div>
  )
}

const frame: CSSProperties = { position: 'absolute', border: '1px solid #F39A4A' }
const tag: CSSProperties = {
  position: 'absolute',
  top: 2,
  left: 4,
  padding: '0 4px',
  borderRadius: 3,
  background: '#1A1206',
  color: '#FBBF24',
  fontSize: 11,
  lineHeight: '16px',
}
