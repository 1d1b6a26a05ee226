import { words } from '#capabilities/sell/flash-sale/words.ts'
import { num, percent } from '#console/format.ts'
import { Empty2 } from '#console/parts/empty2.tsx'
import { useWords } from '#console/words.ts'

const order = ['reserved', 'sold-out', 'limit-reached', 'not-open', 'closed'] as const

/** How often which answer was given: the five there are, then whatever else was counted. */
export function Answers({ answers }: { answers: Record<string, number> }) {
  const w = useWords(words)
  const others = Object.keys(answers).filter((kind) => !order.includes(kind as 'closed'))
  const total = Object.values(answers).reduce((sum, count) => sum + count, 0)
  if (total === 0) return <Empty2 kind="done" text={w.noAnswers} />
  return (
    <table style={{ width: '100%', borderSpacing: '0 6px' }}>
      <tbody>
        {[...order, ...others].map((kind) => {
          const count = answers[kind] ?? 0
          return (
            <tr key={kind}>
              <th scope="row" style={{ width: 104, textAlign: 'left', fontWeight: 400 }}>
                {w[kind as 'closed'] ?? kind}
              </th>
              <td>
                <Share of={count / total} tone={kind === 'reserved' ? 'success' : 'neutral'} />
              </td>
              <td className="d-num" style={{ width: 88, textAlign: 'right' }}>
                {num(count)}
              </td>
              <td className="d-num d-muted" style={{ width: 64, textAlign: 'right' }}>
                {percent(count / total)}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

/** What was answered at all is seen, however rarely. */
const Share = ({ of, tone }: { of: number; tone: 'success' | 'neutral' }) => (
  <div style={{ height: 10, borderRadius: 3, background: 'var(--d-head)' }} aria-hidden>
    <div
      style={{
        width: `${of * 100}%`,
        minWidth: of > 0 ? 2 : 0,
        height: '100%',
        borderRadius: 3,
        background: `var(--d-${tone})`,
      }}
    />
  </div>
)
