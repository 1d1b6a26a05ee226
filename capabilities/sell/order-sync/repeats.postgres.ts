import type { Repeats } from './repeats.ts'

/** In the ledger the fast path is the index of the truth itself, which the insert looks at before it writes: nothing to ask first. */
export const postgresRepeats = (): Repeats => ({ seen: () => null, note: async () => {} })
