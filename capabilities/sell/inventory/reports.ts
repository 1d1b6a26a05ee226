import type { WorkspaceId } from '#kernel/id.ts'
import type { Day } from './demand.ts'
import type { ReportBody } from './report.ts'
import type { NewWarning } from './verdicts.ts'

export interface KeptReport {
  body: ReportBody
  mailedAtMs: number | null
}

export type MailWarning = NewWarning & { warningId: string; shopName: string; openedAtMs: number }

/** Weekly reports, and which mails are still owed. */
export interface Reports {
  get(workspaceId: WorkspaceId, week: string): Promise<KeptReport | null>
  /** The last one before that week. */
  before(workspaceId: WorkspaceId, week: string): Promise<KeptReport | null>
  list(
    workspaceId: WorkspaceId,
    limit: number,
  ): Promise<{ week: string; score: number | null; madeAtMs: number; mailedAtMs: number | null }[]>
  /** Keeps it, unless there is one of that week. */
  put(workspaceId: WorkspaceId, body: ReportBody): Promise<void>
  mailed(workspaceId: WorkspaceId, week: string, nowMs: number): Promise<void>
  /** Units paid for by day, days without a sale included. */
  sales(workspaceId: WorkspaceId, from: Day, to: Day): Promise<{ date: string; units: number }[]>
  /** Open, loud warnings that nobody has been mailed about, oldest first. */
  unmailed(limit: number): Promise<{ workspaceId: WorkspaceId; warnings: MailWarning[] }[]>
  noteMailed(workspaceId: WorkspaceId, warningIds: readonly string[], nowMs: number): Promise<void>
}
