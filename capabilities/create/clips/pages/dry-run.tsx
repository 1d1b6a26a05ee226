import type { CheckedJob } from '#capabilities/create/clips/desk.ts'
import { words } from '#capabilities/create/clips/words.ts'
import { duration } from '#console/format.ts'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Card } from '#console/parts/page.tsx'
import { Label } from '#console/parts/status.tsx'
import { fill, useWords } from '#console/words.ts'
import { baseName, bytesText, framingText, lengthText } from './clip-text.ts'

const SHOWN = 200

/** What would be done with each clip; nothing is. */
export function DryRun({ clips }: { clips: CheckedJob['clips'] | undefined }) {
  const w = useWords(words)
  if (!clips?.length)
    return (
      <Card title={w.dryRun}>
        <Empty2 kind="unstarted" text={w.emptyPlan} />
      </Card>
    )
  const seconds = clips.reduce((sum, { plan }) => sum + plan.durationSeconds, 0)
  const bytes = clips.reduce((sum, { plan }) => sum + plan.bytes, 0)
  return (
    <Card title={w.dryRun}>
      <p className="d-muted d-card-note">
        {fill(w.dryRunNote, { n: clips.length, t: duration(seconds, w.language), bytes: bytesText(bytes) })}
      </p>
      <ol style={{ margin: 0, padding: 0, listStyle: 'none', maxHeight: 420, overflowY: 'auto' }}>
        {clips.slice(0, SHOWN).map(({ order, plan }) => (
          <li key={order.output} className="d-job">
            <div className="d-job-head">
              <span className="d-job-name d-wrap">{order.name}</span>
              <Label tone={plan.mode === 'encode' ? 'neutral' : 'success'}>{w[plan.mode]}</Label>
              <span className="d-space" />
              <span className="d-num d-muted">
                {plan.segments ? '' : '≤ '}
                {lengthText(plan.durationSeconds)} · {bytesText(plan.bytes)}
              </span>
            </div>
            <div className="d-num">
              {framingText({ order, plan }, w.language)} · {plan.fps} fps
            </div>
            <div className="d-job-facts d-wrap">
              {baseName(order.source)} → {baseName(order.output)} ·{' '}
              {plan.steps.map((step) => w[step]).join(' → ')}
            </div>
            {plan.notes.map((note) => (
              <div key={note} className="d-job-facts">
                {note}
              </div>
            ))}
          </li>
        ))}
      </ol>
    </Card>
  )
}
