import { words } from '#capabilities/sell/inventory/words.ts'
import { num } from '#console/format.ts'
import { useWords } from '#console/words.ts'

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
/** Monday first, as a Chinese week is read. */
const order = [1, 2, 3, 4, 5, 6, 0] as const

/** How a week goes; 1 is a mean day. */
export function WeekPattern({ week }: { week: number[] }) {
  const w = useWords(words)
  const most = Math.max(1, ...week)
  return (
    <section>
      <h3>
        {w.weekPattern} <small className="d-muted">{w.weekSays}</small>
      </h3>
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(7, 1fr)', gap: 6, textAlign: 'center' }}>
        {order.map((at) => (
          <div key={at}>
            <div style={{ height: 44, display: 'flex', alignItems: 'flex-end' }} aria-hidden>
              <div
                style={{
                  width: '100%',
                  height: `${(100 * (week[at] ?? 0)) / most}%`,
                  borderRadius: '3px 3px 0 0',
                  background: 'var(--d-info)',
                  opacity: 0.6,
                }}
              />
            </div>
            <div className="d-num">{num(Math.round((week[at] ?? 0) * 100) / 100)}</div>
            <small className="d-muted">{w[weekdays[at]]}</small>
          </div>
        ))}
      </div>
    </section>
  )
}
