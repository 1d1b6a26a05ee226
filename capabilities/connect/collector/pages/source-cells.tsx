import type { SourceView } from '#capabilities/connect/collector/catalogue.ts'
import { failures, words } from '#capabilities/connect/collector/words.ts'
import { ago, duration } from '#console/format.ts'
import { useNow } from '#console/parts/clock.ts'
import { Status, type Tone } from '#console/parts/status.tsx'
import { fill, type Language, useWords } from '#console/words.ts'

/** A failure in the reader's words; one that we have no words for keeps its own. */
export const failureText = (failure: { code: string; message: string }, language: Language) =>
  failures[failure.code]?.[language] ?? failure.message

export const keyOf = ({ accountId, source }: SourceView) => `${accountId}/${source}`

export const states: Record<SourceView['state'], Tone> = {
  idle: 'success',
  running: 'info',
  paused: 'neutral',
  'waiting-quota': 'warning',
  failed: 'error',
}

export const stateWord = (w: Record<string, string>, state: SourceView['state']) =>
  (state === 'running' ? w['runningState'] : w[state]) ?? state

export function SourceState({ row }: { row: SourceView }) {
  const w = useWords(words)
  return <Status tone={states[row.state]}>{stateWord(w, row.state)}</Status>
}

/** Up to a quarter of an hour is fresh; the slowest schedule is an hour, so two are late, and a day is stale. */
export function lagTone({ state, lagSeconds }: SourceView): Tone {
  if (state === 'failed') return 'error'
  if (state === 'paused' || lagSeconds === null) return 'neutral'
  if (lagSeconds < 900) return 'success'
  if (lagSeconds < 7200) return 'info'
  return lagSeconds < 86_400 ? 'warning' : 'error'
}

export const lagText = ({ lagSeconds }: SourceView, language: Language, never: string) =>
  lagSeconds === null ? never : duration(lagSeconds, language)

/** A cursor as a person can read it: the moment up to which all is known, or the page under way. */
export function Cursor({ value }: { value: string | undefined }) {
  const w = useWords(words)
  const now = useNow()
  if (!value || value === 'start') return <span className="d-muted">{w.cursorStart}</span>
  const ms = /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN
  return (
    <span className="d-mono d-clip" title={value}>
      {Number.isNaN(ms) ? value : ago(ms, now, w.language)}
    </span>
  )
}

/** Why a source does not go on. */
export function Trouble({ row }: { row: SourceView }) {
  const w = useWords(words)
  const now = useNow()
  if (row.state === 'waiting-quota')
    return (
      <div className="d-quote d-tone-warning">
        {fill(w.quotaUntil, { when: ago(row.quotaUntilMs ?? row.nextPlanAtMs, now, w.language) })}
      </div>
    )
  if (!row.failure) return null
  return (
    <div className="d-quote d-tone-error">
      {failureText(row.failure, w.language)}
      <div className="d-mono">
        {row.failure.code}
        {row.failure.logId && ` · log_id ${row.failure.logId}`}
      </div>
    </div>
  )
}
