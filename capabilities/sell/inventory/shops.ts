import type { WorkspaceId } from '#kernel/id.ts'
import type { Platform } from './inventory.ts'

export interface ShopKey {
  workspaceId: WorkspaceId
  shopId: string
}

export interface PullFailure {
  code: string
  message: string
  atMs: number
}

/** A shop and how its pulls go. Credentials are not in it. */
export interface Shop extends ShopKey {
  platform: Platform
  name: string
  state: 'idle' | 'running' | 'failed' | 'paused'
  everySeconds: number
  /** Null: never pulled, as its numbers come by hand. */
  nextPullAtMs: number | null
  lastPullAtMs: number | null
  lastSuccessAtMs: number | null
  failures: number
  failure: PullFailure | null
  lastPull: { skus: number; differed: number; ms: number } | null
  serviceLevel: number | null
  leadDays: number | null
  createdAtMs: number
  skus: number
  openWarnings: number
}

export interface Wishes {
  serviceLevel: number | null
  leadDays: number | null
  recipients: string[]
  mailsWarnings: boolean
  mailsReport: boolean
}

/** Connected shops, when each is pulled next, and what a workspace wishes. */
export interface Shops {
  list(workspaceId: WorkspaceId): Promise<Shop[]>
  get(key: ShopKey): Promise<Shop | null>
  /** A new shop, or the known one with another name or other credentials. Pulled at once where it can be. */
  connect(
    shop: ShopKey & {
      platform: Platform
      name: string
      credentials: Record<string, string> | null
      isPulled: boolean
    },
    nowMs: number,
  ): Promise<void>
  credentials(key: ShopKey): Promise<Record<string, string> | null>
  change(
    key: ShopKey,
    change: { name?: string; isPaused?: boolean; serviceLevel?: number | null; leadDays?: number | null },
    nowMs: number,
  ): Promise<boolean>
  /** Forgets the shop with all its numbers. */
  remove(key: ShopKey): Promise<boolean>
  /** Shops whose time has come, the longest waiting first. */
  due(nowMs: number, limit: number): Promise<ShopKey[]>
  hurry(key: ShopKey, nowMs: number): Promise<void>
  /** Marks it as running; null when it is paused, gone, or not pulled at all. */
  begin(key: ShopKey, nowMs: number): Promise<Shop | null>
  end(
    key: ShopKey,
    ending:
      | { how: 'done'; lastPull: NonNullable<Shop['lastPull']>; everySeconds: number }
      | { how: 'failed'; failure: PullFailure; waitSeconds: number },
    nowMs: number,
  ): Promise<void>
  /** Shops whose numbers moved since they were judged, or that were not judged since `beforeMs`. */
  stale(beforeMs: number, limit: number): Promise<ShopKey[]>
  /** What the shop's forecasts depend on beside the day. */
  revision(key: ShopKey): Promise<string>
  judged(key: ShopKey, nowMs: number): Promise<void>
  wishes(workspaceId: WorkspaceId): Promise<Wishes>
  wish(workspaceId: WorkspaceId, wishes: Partial<Wishes>): Promise<void>
  /** Workspaces that have a SKU. */
  workspaces(): Promise<WorkspaceId[]>
  /** Seals again what an older vault key sealed; returns how many. */
  reseal(): Promise<number>
}
