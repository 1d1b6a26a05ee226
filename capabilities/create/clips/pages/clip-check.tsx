import { CheckOutlined, CloseOutlined } from '@ant-design/icons'
import type { ClipView } from '#capabilities/create/clips/store.ts'
import { words } from '#capabilities/create/clips/words.ts'
import { missing, num } from '#console/format.ts'
import { Facts } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { fill, useWords } from '#console/words.ts'
import { bytesText, lengthText } from './clip-text.ts'

interface Line {
  item: string
  wanted: string
  found: string
  isRight: boolean
}

/** What the job wanted and what the probe of the result found, item by item. */
export function ClipCheck({ clip }: { clip: ClipView }) {
  const w = useWords(words)
  const { result, plan } = clip
  if (!result) return <Empty2 kind="unstarted" text={w.unknownYet} />
  const { facts } = result
  const { size } = plan.framing
  const [over = 25, under = 1] = plan.fps.split('/').map(Number)
  const fps = over / under
  const tolerance = Math.max(0.3, result.durationSeconds * 0.01)
  const lines: Line[] = [
    { item: w.codec, wanted: 'h264', found: facts.videoCodec, isRight: facts.videoCodec === 'h264' },
    { item: w.pixels, wanted: 'yuv420p', found: facts.pixelFormat, isRight: facts.pixelFormat === 'yuv420p' },
    {
      item: w.size,
      wanted: `${size.width} × ${size.height}`,
      found: `${facts.width} × ${facts.height}`,
      isRight: facts.width === size.width && facts.height === size.height,
    },
    { item: w.fps, wanted: num(fps), found: num(facts.fps), isRight: Math.abs(facts.fps - fps) < 0.05 },
    {
      item: w.duration,
      wanted: `${num(result.durationSeconds)} s ± ${num(Math.round(tolerance * 100) / 100)}`,
      found: `${num(facts.durationSeconds)} s`,
      isRight: Math.abs(facts.durationSeconds - result.durationSeconds) <= tolerance,
    },
    {
      item: w.sound,
      wanted: 'aac',
      found: facts.audio
        ? `${facts.audio.codec} · ${facts.audio.channels} ch · ${num(facts.audio.sampleRate)} Hz`
        : missing,
      isRight: facts.audio === null || facts.audio.codec === 'aac',
    },
  ]
  return (
    <>
      <table style={{ width: '100%', borderCollapse: 'collapse' }}>
        <thead>
          <tr>
            {[w.item, w.wanted, w.found].map((head) => (
              <th key={head} scope="col" className="d-muted" style={{ ...cell, fontWeight: 500 }}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map(({ item, wanted, found, isRight }) => (
            <tr key={item}>
              <th scope="row" style={{ ...cell, fontWeight: 400 }}>
                {item}
              </th>
              <td className="d-num" style={cell}>
                {wanted}
              </td>
              <td className={`d-num ${isRight ? 'd-ink-success' : 'd-ink-error'}`} style={cell}>
                {isRight ? (
                  <CheckOutlined aria-label={w.asWanted} />
                ) : (
                  <CloseOutlined aria-label={w.notAsWanted} />
                )}{' '}
                {found}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Facts
        rows={[
          [w.how, w[result.mode]],
          [w.encoder, result.encoder],
          [w.bytes, `${bytesText(result.bytes)} · ${fill(w.bytesPlan, { n: bytesText(plan.bytes) })}`],
          [w.length, lengthText(facts.durationSeconds)],
          [
            w.output,
            <span key="o" className="d-mono d-wrap">
              {result.path}
            </span>,
          ],
        ]}
      />
    </>
  )
}

const cell = {
  padding: '7px 12px 7px 0',
  borderBottom: '1px solid var(--d-line)',
  textAlign: 'left',
} as const
