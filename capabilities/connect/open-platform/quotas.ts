/** Fewer than this many left is worth a warning. */
export const LOW_QUOTA = 10

export interface Quota {
  family: string
  usedToday: number
  /** What the platform said last; null while it says nothing. */
  remaining: number | null
  /** The most it was seen to allow today. */
  limit: number | null
  restoresAtMs: number
  state: 'free' | 'low' | 'used-up'
}

/** The platform's daily quotas as its answers tell them: one per endpoint family, for the whole app. */
export interface Quotas {
  /** Counts a call and what was left after it. Cheap: written once a second. */
  note(family: string, remaining: number | null): void
  /** The platform refused: nothing of this family until then. Known to every process within a second. */
  usedUp(family: string, untilMs: number): Promise<void>
  /** When the family may be called again, or null for now. From memory. */
  closedUntilMs(family: string, nowMs: number): number | null
  today(nowMs: number): Promise<Quota[]>
  close(): Promise<void>
}
