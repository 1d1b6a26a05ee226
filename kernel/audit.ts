import type { WorkspaceId } from './id.ts'
import type { Sql } from './ledger.ts'

export interface AuditEntry {
  workspaceId: WorkspaceId
  /** `user:<id>`, `key:<id>` or `system`. */
  actor: string
  /** What was done, as a verb: `disconnect`, `retry`. */
  action: string
  /** To what: `account:acc_…`. */
  subject: string
  room: string
  detail?: Record<string, unknown>
}

/** Writes who did what. Give it the transaction of the deed, so that neither is kept without the other. */
export type Audit = (sql: Sql, entry: AuditEntry) => Promise<void>
