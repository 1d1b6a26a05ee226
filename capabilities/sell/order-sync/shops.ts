import type { WorkspaceId } from '#kernel/id.ts'
import type { Tx } from '#kernel/ledger.ts'
import type { Tokens } from './gateway.ts'

export type ShopStatus = 'active' | 'lost' | 'disconnected'

export interface Shop {
  shopId: string
  workspaceId: WorkspaceId
  platform: string
  name: string
  status: ShopStatus
  statusReason: string | null
  connectedAtMs: number
  accessExpiresAtMs: number | null
  lastPushAtMs: number | null
  /** Every order that changed up to here is known; null before the first pull. */
  orderWatermarkMs: number | null
  refundWatermarkMs: number | null
  revision: string
  nextPullAtMs: number
  lastPullAtMs: number | null
  pullFailures: number
  pullReason: string | null
  /** Of late: changes that pulls found, and how many of them no push had told. */
  found: number
  missed: number
}

/** A shop's tokens in clear. Never leaves this process. */
export interface Held {
  accessToken: string
  refreshToken: string
  accessExpiresAtMs: number
  /** Grows with every pair: names the pair that somebody has seen. */
  tokenNo: string
}

export interface PullMove {
  shopId: string
  /** Only from this revision: the slower of two pulls changes nothing. */
  revision: string
  orderWatermarkMs?: number
  refundWatermarkMs?: number
}

/** Connected shops, their sealed tokens, and how far each was read. */
export interface Shops {
  /** Connects it, or connects it again. Faults: `conflict` when another workspace has it. */
  connect(
    shop: { shopId: string; workspaceId: WorkspaceId; platform: string; tokens: Tokens; actor: string },
    nowMs: number,
  ): Promise<void>
  disconnect(workspaceId: WorkspaceId, shopId: string, actor: string): Promise<boolean>
  list(workspaceId: WorkspaceId): Promise<Shop[]>
  find(workspaceId: WorkspaceId, shopId: string): Promise<Shop | null>
  /** Of any workspace, the disconnected ones left out. */
  any(shopId: string): Promise<Shop | null>
  active(): Promise<Shop[]>
  /** Whose shop it is, from memory where it was asked lately: the intake asks with every push. */
  ownerOf(shopId: string): Promise<WorkspaceId | null>
  held(shopId: string): Promise<Held | null>
  /** Keeps a pair only while `tokenNo` is still the last one. */
  keep(shopId: string, tokenNo: string, tokens: Tokens, nowMs: number): Promise<boolean>
  /** It cannot be called any more until a person connects it again. */
  lose(shopId: string, reason: string): Promise<void>
  /** Shops whose pull is due; each is put off by `holdMs` so that nobody else takes it meanwhile. */
  due(nowMs: number, holdMs: number, limit: number): Promise<Shop[]>
  /** In the transaction of a page. Answers the new revision, or null when somebody was faster. */
  move(tx: Tx, move: PullMove): Promise<string | null>
  pulled(
    shopId: string,
    outcome: { nowMs: number; nextPullAtMs: number; found: number; missed: number; failure: string | null },
  ): Promise<void>
  /** Pull it as soon as possible. */
  pullSoon(shopId: string): Promise<void>
  reseal(): Promise<number>
}
