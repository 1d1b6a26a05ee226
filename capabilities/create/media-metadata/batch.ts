import { createHash } from 'node:crypto'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Item } from './files/expand.ts'
import type { Stamp } from './files/identity.ts'
import type { Outcome, Reason, Verdict } from './media-metadata.ts'

export type BatchState = 'waiting' | 'running' | 'done' | 'cancelled'

export interface BatchAsk {
  workspaceId: WorkspaceId
  sources: readonly string[]
  wantsGps: boolean
  /** Looks at every file again, whatever is known. */
  isFresh: boolean
  /** Paths anywhere on this machine: for the machine's own key. */
  anyPath: boolean
  concurrency: number
  startedBy: string
}

export interface Batch extends BatchAsk {
  batchId: string
  isExpanded: boolean
  total: number | null
  done: number
}

/** Of a batch, for people: counts, speed, time left. */
export interface BatchView {
  batchId: string
  sources: string[]
  state: BatchState
  total: number | null
  done: number
  ready: number
  warning: number
  blocked: number
  bad: number
  cached: number
  wantsGps: boolean
  startedBy: string
  createdAtMs: number
  endedAtMs: number | null
  ratePerSecond: number | null
  etaSeconds: number | null
}

/** One file that waits, with what the ledger knows of it. */
export interface Pending extends Item {
  seq: number
  fileId: string
  isAgain: boolean
  known: {
    stamp: Stamp | null
    etag: string | null
    hasGps: boolean
    verdict: Verdict
    reason: Reason | null
  } | null
}

/** What became of one file of a batch. Without `outcome` it is as it was: nothing is written but the item. */
export interface Result {
  seq: number
  fileId: string
  kind: Item['kind']
  location: string
  fileName: string
  isCached: boolean
  verdict: Verdict
  reason: Reason | null
  detail: string | null
  fresh: {
    outcome: Outcome
    stamp: Stamp | null
    etag: string | null
    hash: string | null
    hasGps: boolean
  } | null
}

/** The same place in the same workspace is the same file. */
export const fileIdOf = (workspaceId: WorkspaceId, location: string): string =>
  `fil_${createHash('sha256').update(`${workspaceId}\0${location}`).digest('hex').slice(0, 26)}`

/** The same command, asked again while its batch is not done, goes on with that batch. */
export const batchKeyOf = ({ sources, wantsGps, isFresh, anyPath }: BatchAsk): string =>
  createHash('sha256')
    .update(JSON.stringify([sources, wantsGps, isFresh, anyPath]))
    .digest('hex')

/** Reasons that may pass by themselves: such a file is looked at again the next time, changed or not. */
const PASSING: readonly Reason[] = [
  'timeout',
  'unreadable',
  'changed',
  'permission',
  'missing',
  'download',
  'address',
  'outside',
]
export const isPassing = (reason: Reason | null): boolean => reason !== null && PASSING.includes(reason)
