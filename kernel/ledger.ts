import type { WorkspaceId } from './id.ts'

// biome-ignore lint/suspicious/noExplicitAny: the shape of a row is what the query says it is
export type Row = Record<string, any>

/** Something that runs SQL. Values travel beside the text, never inside it. */
export interface Sql {
  /** `name` keeps a statement that runs all the time parsed and planned; the same name is always the same text. */
  query<R = Row>(text: string, values?: readonly unknown[], name?: string): Promise<R[]>
}

/** SQL inside one transaction: all of it happens or none of it. */
export interface Tx extends Sql {
  /** Runs after the commit, in order; never after a roll-back. For wake-ups, not for effects. */
  afterCommit(wake: () => void): void
}

/**
 * The ledger: one SQL dialect (PostgreSQL), on a laptop or in a fleet.
 * Every table carries `workspace_id` and row-level security looks at the scope chosen here, so a forgotten
 * `where` in {@link Ledger.within} returns nothing of another workspace. Errors come out as faults:
 * `unavailable` when the server is away, `conflict` on a unique key or a serialization failure.
 */
export interface Ledger {
  /** Single statements over all workspaces. */
  readonly everywhere: Sql
  /** One transaction that sees and writes one workspace only. */
  within<T>(workspace: WorkspaceId, work: (tx: Tx) => Promise<T>): Promise<T>
  /** One transaction over all workspaces: for workers, intake and consumers, never for a person's request. */
  across<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Wakes `hear` on each `notify(channel)` of any process, and once after each reconnect (something may be missed). */
  listen(channel: string, hear: (payload: string) => void): Promise<() => void>
  notify(channel: string, payload?: string): Promise<void>
}
