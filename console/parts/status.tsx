import {
  CheckCircleFilled,
  ClockCircleFilled,
  CloseCircleFilled,
  ExclamationCircleFilled,
  InfoCircleFilled,
  MinusCircleFilled,
  PlayCircleFilled,
} from '@ant-design/icons'
import type { ReactNode } from 'react'

export type Tone = 'primary' | 'success' | 'info' | 'warning' | 'error' | 'neutral' | 'live'

const icons: Record<Tone, ReactNode> = {
  primary: <InfoCircleFilled />,
  success: <CheckCircleFilled />,
  info: <ClockCircleFilled />,
  warning: <ExclamationCircleFilled />,
  error: <CloseCircleFilled />,
  neutral: <MinusCircleFilled />,
  live: <PlayCircleFilled />,
}

/** A state: icon, word and colour together, so that colour is never alone. */
export const Status = ({ tone, children }: { tone: Tone; children: ReactNode }) => (
  <span className={`d-tag d-tone-${tone}`}>
    {icons[tone]}
    <span>{children}</span>
  </span>
)

/** A label without a state: sandbox, estimated, sampled. */
export const Label = ({
  tone = 'neutral',
  children,
  title,
}: {
  tone?: Tone
  children: ReactNode
  title?: string
}) => (
  <span className={`d-tag d-tone-${tone}`} title={title}>
    {children}
  </span>
)
