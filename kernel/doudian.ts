import type { WorkspaceId } from './id.ts'

export interface ConnectedShop {
  shopId: string
  workspaceId: WorkspaceId
  name: string
}

/** Calls the Doudian gateway in a shop's name: token, refresh and back-off are taken care of behind this. */
export interface Doudian {
  /** The shops that can be called now. */
  shops(): Promise<ConnectedShop[]>
  /**
   * `data` of the answer. Faults: `denied` when the shop must be authorised again, `limited` and `unavailable` when
   * tries until the deadline all failed, `invalid` for parameters that the gateway refuses.
   */
  call<T>(
    shopId: string,
    method: string,
    params: Record<string, unknown>,
    options?: { timeoutMs?: number; signal?: AbortSignal },
  ): Promise<T>
}
