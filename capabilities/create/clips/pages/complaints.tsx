import type { Complaint } from '#capabilities/create/clips/complaint.ts'
import { words } from '#capabilities/create/clips/words.ts'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Card } from '#console/parts/page.tsx'
import { Status } from '#console/parts/status.tsx'
import { fill, useWords } from '#console/words.ts'
import { reasonText } from './clip-text.ts'

type ComplaintsProps = {
  complaints: readonly Complaint[] | undefined
  isEmpty: boolean
  go: (line: number, column: number) => void
}

/** Everything that is wrong or worth knowing; choosing one puts the caret there. */
export function Complaints({ complaints, isEmpty, go }: ComplaintsProps) {
  const w = useWords(words)
  const errors = complaints?.filter(({ severity }) => severity === 'error').length ?? 0
  const notes = (complaints?.length ?? 0) - errors
  if (isEmpty || !complaints)
    return (
      <Card title={w.validate}>
        <Empty2 kind="unstarted" text={isEmpty ? w.writeFirst : w.checking} />
      </Card>
    )
  return (
    <Card
      title={w.validate}
      extra={
        <span style={{ display: 'inline-flex', gap: 6 }} role="status">
          {errors > 0 ? (
            <Status tone="error">{fill(w.errorsN, { n: errors })}</Status>
          ) : (
            <Status tone="success">{w.fine}</Status>
          )}
          {notes > 0 && <Status tone="neutral">{fill(w.notesN, { n: notes })}</Status>}
        </span>
      }
    >
      <ul style={{ maxHeight: 360, overflowY: 'auto' }}>
        {inOrder(complaints).map((one, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list is replaced as a whole
          <li key={place} style={{ borderTop: '1px solid var(--d-line)', padding: '6px 0' }}>
            <OneComplaint complaint={one} go={go} />
          </li>
        ))}
      </ul>
    </Card>
  )
}

/** Errors before notes, and each from the top of the text down. */
const inOrder = (complaints: readonly Complaint[]) =>
  complaints.toSorted(
    (a, b) =>
      a.severity.localeCompare(b.severity) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  )

function OneComplaint({ complaint, go }: { complaint: Complaint; go: ComplaintsProps['go'] }) {
  const w = useWords(words)
  const { severity, code, message, cure, line, column, path } = complaint
  return (
    <button
      type="button"
      className="d-plain"
      style={{ display: 'block', width: '100%' }}
      onClick={() => line !== null && go(line, column ?? 1)}
    >
      <span style={{ display: 'flex', gap: 8, alignItems: 'baseline', flexWrap: 'wrap' }}>
        <span
          className={severity === 'error' ? 'd-ink-error' : 'd-muted'}
          style={{ fontWeight: 500 }}
          title={code}
        >
          {reasonText(code, w.language)}
        </span>
        <span className="d-space" />
        <span className="d-muted d-num">
          {line === null ? path : fill(w.place, { line, column: column ?? 1 })}
        </span>
      </span>
      <span className="d-wrap" style={{ display: 'block' }}>
        {message}
      </span>
      {cure && (
        <span className="d-muted d-wrap" style={{ display: 'block' }}>
          {cure}
        </span>
      )}
    </button>
  )
}
