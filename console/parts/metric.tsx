import { InfoCircleOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { Tooltip } from 'antd'
import type { ReactNode } from 'react'
import { change } from '#console/format.ts'
import { useWords } from '#console/words.ts'
import { Num } from './values.tsx'
import { partWords } from './words.ts'

export type MetricProps = {
  name: string
  value: number | null | undefined
  /** How the figure is written; pass `text` instead for money and the like. */
  as?: 'number' | 'compact' | 'percent' | 'latency' | 'duration' | 'diamonds'
  text?: ReactNode
  unit?: string
  previous?: number | null
  /** Colour of the change: whether more is better. Without it the change is neutral. */
  moreIs?: 'good' | 'bad'
  /** Formula, time basis, source, freshness. */
  definition: ReactNode
  /** The rows that add up to it. */
  href?: string
}

/** A figure that explains itself on hover or focus and opens the rows behind it on click. */
export function Metric(props: MetricProps) {
  const w = useWords(partWords)
  const { name, value, previous, href } = props
  const delta = previous === undefined ? undefined : change(value, previous, w.language)
  const direction = Math.sign((value ?? 0) - (previous ?? 0)) * (props.moreIs === 'bad' ? -1 : 1)
  const tone = !props.moreIs || !direction || !previous ? '' : direction > 0 ? 'd-ink-success' : 'd-ink-error'
  const body = (
    <>
      <span className="d-metric-name">
        {name}
        <InfoCircleOutlined aria-hidden />
      </span>
      <span className="d-metric-value">
        {props.text ?? <Num value={value} as={props.as ?? 'compact'} />}
        {props.unit && <small>{props.unit}</small>}
      </span>
      {delta !== undefined && <span className={`d-metric-delta ${tone}`}>{delta}</span>}
    </>
  )
  return (
    <Tooltip
      title={<Definition says={props.definition} open={Boolean(href)} />}
      placement="bottom"
      mouseEnterDelay={0.3}
    >
      {href ? (
        <Link to={href as never} className="d-card d-metric">
          {body}
        </Link>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: focus shows the definition to those without a mouse
        <div className="d-card d-metric" tabIndex={0}>
          {body}
        </div>
      )}
    </Tooltip>
  )
}

function Definition({ says, open }: { says: ReactNode; open: boolean }) {
  const w = useWords(partWords)
  return (
    <div className="d-definition">
      <strong>{w.definition}</strong>
      <div>{says}</div>
      {open && <div className="d-definition-open">{w.openRows}</div>}
    </div>
  )
}

/** The row of metrics: four across, two by two on a phone. */
export const Metrics = ({ children }: { children: ReactNode }) => <div className="d-metrics">{children}</div>
