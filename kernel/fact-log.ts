import type { Static, TSchema } from 'typebox'
import type { WorkspaceId } from './id.ts'
import type { Tx } from './ledger.ts'

/** A kind of fact: a past-tense name, a version, the schema of its data, and the key that its order holds for. */
export interface FactKind<S extends TSchema = TSchema> {
  readonly name: string
  readonly version: number
  readonly schema: S
  readonly key: (data: Static<S>) => string
}

export const factKind = <S extends TSchema>(kind: FactKind<S>): FactKind<S> => kind

/** A fact about to be told. Facts of one key are read in the order in which they were told. */
export interface NewFact<D = unknown> {
  name: string
  version: number
  key: string
  workspaceId: WorkspaceId
  data: D
  /** When it happened, Unix ms. */
  atMs: number
}

/** Where a reader stands in one partition. Opaque: only the stream that made it can compare it. */
export type Position = string

/** A fact as read back. */
export interface Fact<D = unknown> extends NewFact<D> {
  partition: number
  position: Position
  /** Set when it came through the outbox: grows with every relayed fact, so a repeated relay is recognised. */
  relayNo?: string | undefined
}

/** A fact of a kind, its data checked by the compiler. */
export function tell<S extends TSchema>(
  kind: FactKind<S>,
  workspaceId: WorkspaceId,
  data: Static<S>,
  atMs: number,
): NewFact<Static<S>> {
  return { name: kind.name, version: kind.version, key: kind.key(data), workspaceId, data, atMs }
}

/**
 * Where facts are kept: a partitioned, append-only stream. One adapter per engine; groups, retries, dead letters
 * and exactly-once effects are built once on top of it (`engines/postgres/fact-log.ts`) and so are the same everywhere.
 */
export interface FactStream {
  readonly partitions: number
  /** Durable when it resolves. Keeps the order of `facts` within a key. `relayNo` is stored beside a fact that has one. */
  append(facts: readonly (NewFact & { relayNo?: string | undefined })[]): Promise<void>
  /** Up to `limit` facts behind `after` in order; waits up to `waitMs` for the first. Empty when none came. */
  read(ask: {
    partition: number
    after: Position
    limit: number
    waitMs: number
    signal: AbortSignal
  }): Promise<Fact[]>
  /** The position before the first fact that is kept. */
  start(partition: number): Promise<Position>
  /** The position of the last fact. */
  end(partition: number): Promise<Position>
  /** The position just before the first fact appended at or after `atMs`. */
  positionAt(partition: number, atMs: number): Promise<Position>
  /** How many facts lie behind `after`. */
  lag(partition: number, after: Position): Promise<number>
  close(): Promise<void>
}

/** Which partition a key lives in: FNV-1a over its UTF-8 bytes, the same in every process and engine. */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(key)) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash >>> 0) % partitions
}

export interface Consumer {
  /** The consumer group: `room/purpose`. Each fact reaches each group. */
  group: string
  /** The names of the facts it wants. */
  facts: readonly string[]
  /** Where a group starts that was never seen before. Default `start`. */
  from?: 'start' | 'end'
  /** Facts per call, default 200. */
  batch?: number
  /**
   * Takes facts in order. What it writes through `tx` happens exactly once: the group's cursor moves in the same
   * transaction. Anything else it does happens at least once. A fault decides what comes next: `unavailable` and
   * `limited` are tried again with back-off, every other error puts the fact among the dead letters with its reason.
   */
  handle(facts: readonly Fact[], tx: Tx): Promise<void>
}

export interface GroupLag {
  group: string
  partition: number
  position: Position
  lag: number
}

export interface DeadLetter {
  id: string
  workspaceId: WorkspaceId
  group: string
  fact: Fact
  reason: { code: string; message: string }
  attempts: number
  firstAtMs: number
  lastAtMs: number
}

export interface DeadLetterSearch {
  workspaceId?: WorkspaceId | undefined
  /** A group, or a room: everything before the slash. */
  group?: string | undefined
  /** A letter's id or the last four or more characters of it, or the key of its fact. */
  q?: string | undefined
  /** The id of the last one seen: newest come first. */
  after?: string | undefined
  limit: number
}

/** What rooms see of the fact log. */
export interface FactLog {
  /** Tells facts that have no state to keep in step with (clicks, likes). Durable when it resolves. */
  append(facts: readonly NewFact[]): Promise<void>
  /** Tells facts in the same transaction as the state that they report: the outbox, carried on after the commit. */
  appendIn(tx: Tx, facts: readonly NewFact[]): Promise<void>
  /** Starts a group in this process. Several processes may start the same group: they share its partitions. */
  consume(consumer: Consumer): Promise<{ stop(): Promise<void> }>
  /** Sets a group back (or forward) to a time, or to a position of one partition. It reads on from there. */
  seek(group: string, to: { atMs: number } | { partition: number; position: Position }): Promise<void>
  lags(): Promise<GroupLag[]>
  deadLetters(ask: DeadLetterSearch): Promise<DeadLetter[]>
  /** Hands dead letters to their groups once more. Returns how many were found. */
  retry(ids: readonly string[], workspaceId?: WorkspaceId): Promise<number>
  discard(ids: readonly string[], workspaceId?: WorkspaceId): Promise<number>
  close(): Promise<void>
}
