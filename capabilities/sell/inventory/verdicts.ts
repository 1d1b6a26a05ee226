import type { AbcClass, Pace, Plan, WarningKind } from './inventory.ts'
import type { ShopKey } from './shops.ts'

/** What judging needs to know of a SKU. */
export interface ItemToJudge {
  sku: string
  platform: string
  title: string
  available: number
  inTransit: number
  priceFen: number | null
  /** The SKU's own wishes. */
  serviceLevel: number | null
  leadDays: number | null
  isCounted: boolean
  firstSeenAtMs: number
  /** Kinds of warnings that stand. */
  open: WarningKind[]
}

export interface Judged {
  sku: string
  plan: Plan
  quietDays: number
  abc: AbcClass
  pace: Pace
}

export type WarningDetail = Record<string, number | string | null>

export interface NewWarning {
  sku: string
  platform: string
  title: string
  kind: WarningKind
  available: number
  detail: WarningDetail
}

/** What was worked out of each SKU, and the episodes of its warnings. */
export interface Verdicts {
  items(shop: ShopKey): Promise<ItemToJudge[]>
  /**
   * Keeps figures, ends and begins episodes, and tells the facts of those that began, in one transaction. Of two that
   * begin the same episode one does; a silenced kind begins without a fact. Answers how many began.
   */
  keep(
    shop: ShopKey,
    verdict: {
      judged: readonly Judged[]
      begins: readonly NewWarning[]
      ends: readonly { sku: string; kind: WarningKind }[]
    },
    nowMs: number,
  ): Promise<number>
}
