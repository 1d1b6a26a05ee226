import type { WorkspaceId } from '#kernel/id.ts'
import type { Tx } from '#kernel/ledger.ts'
import type { Refund } from './order-sync.ts'
import type { Difference, DifferenceKind, Ours, ReportTotals } from './reconciliation.ts'

export interface ReportRow extends ReportTotals {
  shopId: string
  day: string
  /** Orders with at least one difference, ever. */
  differing: number
  /** Compared and never found different. */
  equal: number
  byKind: Record<DifferenceKind, { found: number; repaired: number; offFen: number }>
  madeAtMs: number
  mailedAtMs: number | null
}

export interface DifferenceRow extends Difference {
  isRepaired: boolean
}

export interface DayCount {
  day: string
  compared: number
  byKind: Record<DifferenceKind, number>
  repaired: number
}

interface OfShop {
  workspaceId: WorkspaceId
  shopId: string
}

/** Our side of a comparison, and what comparisons found. A difference that was named stays named, repaired or not. */
export interface Reports {
  /** Our orders that were created in the window, and those named. */
  ours(
    of: OfShop,
    window: { fromMs: number; untilMs: number },
    orderIds: readonly string[],
  ): Promise<(Ours & { changedAtMs: number })[]>
  refundsOf(of: OfShop, orderIds: readonly string[]): Promise<Map<string, Refund[]>>
  name(
    tx: Tx,
    of: OfShop & { day: string },
    differences: readonly Difference[],
    isRepaired: boolean,
  ): Promise<void>
  save(of: OfShop & { day: string }, totals: ReportTotals, nowMs: number): Promise<void>
  mailed(of: OfShop & { day: string }, nowMs: number): Promise<void>
  list(
    workspaceId: WorkspaceId,
    ask: { shopId?: string | undefined; before?: string | undefined; limit: number },
  ): Promise<ReportRow[]>
  find(workspaceId: WorkspaceId, shopId: string, day: string): Promise<ReportRow | null>
  differences(
    workspaceId: WorkspaceId,
    ask: {
      shopId: string
      day: string
      kind?: DifferenceKind | undefined
      after?: string | undefined
      limit: number
    },
  ): Promise<DifferenceRow[]>
  series(
    workspaceId: WorkspaceId,
    ask: { shopId?: string | undefined; fromDay: string; toDay: string },
  ): Promise<DayCount[]>
}
