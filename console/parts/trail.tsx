import type { ReactNode } from 'react'
import type { Tone } from './status.tsx'
import { When } from './values.tsx'

export type Step = { key: string; tone: Tone; title: ReactNode; atMs: number | null; note?: ReactNode }

/** What happened, one step under the other, the latest first. */
export const Trail = ({ steps }: { steps: Step[] }) => (
  <ol className="d-trail">
    {steps.map(({ key, tone, title, atMs, note }) => (
      <li key={key}>
        <i style={{ borderColor: `var(--d-${tone === 'neutral' ? 'text3' : tone})` }} aria-hidden />
        <div className="d-trail-head">
          <span>{title}</span>
          <When at={atMs} exact />
        </div>
        {note && <div className="d-trail-note">{note}</div>}
      </li>
    ))}
  </ol>
)
