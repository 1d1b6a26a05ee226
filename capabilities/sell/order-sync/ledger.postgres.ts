import type { Ledger } from '#kernel/ledger.ts'

/** Transactions that several stores of this room share. */
export const ledgerPort = (ledger: Ledger): Ledger => ledger
