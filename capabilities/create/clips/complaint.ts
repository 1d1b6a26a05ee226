/** Something that is wrong with a job, or worth knowing before it runs (a note). */
export interface Complaint {
  severity: 'error' | 'note'
  /** Stable: `clips/what`. */
  code: string
  message: string
  cure?: string
  /** Where in the job file: `/clips/3/source`. */
  path: string
  /** From 1; null when the job did not come as text. */
  line: number | null
  column: number | null
}

/** Where a path stands in the text that was read. */
export type Place = (path: string) => { line: number | null; column: number | null }

/** Collects complaints; nothing stops at the first one. */
export interface Complaints {
  readonly all: readonly Complaint[]
  readonly hasErrors: boolean
  error(path: string, code: string, message: string, cure?: string): void
  note(path: string, code: string, message: string): void
  /** An error whose place is known by itself. */
  errorAt(line: number, column: number, code: string, message: string): void
}

/** More are counted, not listed. */
const LISTED_MAX = 500

export function complaints(place: Place): Complaints {
  const all: Complaint[] = []
  let errors = 0
  const add = (
    severity: Complaint['severity'],
    path: string,
    code: string,
    message: string,
    cure?: string,
  ) => {
    if (severity === 'error') errors++
    if (all.length >= LISTED_MAX) return
    all.push({ severity, code: `clips/${code}`, message, path, ...(cure ? { cure } : {}), ...place(path) })
  }
  return {
    get all() {
      // As they stand in the file, not as they were found.
      return all.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
    },
    get hasErrors() {
      return errors > 0
    },
    error: (path, code, message, cure) => add('error', path, code, message, cure),
    note: (path, code, message) => add('note', path, code, message),
    errorAt(line, column, code, message) {
      errors++
      if (all.length < LISTED_MAX)
        all.push({ severity: 'error', code: `clips/${code}`, message, path: '', line, column })
    },
  }
}
