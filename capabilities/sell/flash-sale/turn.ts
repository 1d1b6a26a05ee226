import type { Clock } from '#kernel/clock.ts'
import { fault, isFault } from '#kernel/fault.ts'
import type { Sealed, Vault } from '#kernel/vault.ts'

/** The token of a buyer's turn: what the queue gives out and a reservation shows. */
export interface Turns {
  token(saleId: string, buyerId: string, expiresAtMs: number): string
  /** Throws `denied` unless the token was given by us, for this sale, to this buyer, and is still good. */
  check(saleId: string, buyerId: string, token: string | undefined): void
}

/** The queue lives by the ledger's clock, whoever checks by his own. Nobody is sent away early for that. */
const SKEW_MS = 10_000

/**
 * A token is its end, sealed by the vault for one sale and one buyer: nobody else can make one, it opens for no other
 * buyer, every process can read it, and it survives a change of the vault's key.
 */
export function turns(vault: Vault, clock: Clock): Turns {
  const about = (saleId: string, buyerId: string) => `flash-sale/turn:${saleId}|${buyerId}`
  return {
    token: (saleId, buyerId, expiresAtMs) => vault.seal(String(expiresAtMs), about(saleId, buyerId)),
    check(saleId, buyerId, token) {
      if (!token) throw denied('no-token', 'This sale wants the token of your turn')
      const endsAtMs = Number(opened(vault, token, about(saleId, buyerId)))
      if (clock.now() > endsAtMs + SKEW_MS)
        throw denied('token-expired', 'The token of your turn has run out')
    },
  }
}

function opened(vault: Vault, token: string, about: string): string {
  try {
    return vault.open(token as Sealed, about)
  } catch (cause) {
    // What nobody of ours has sealed need not even have the form of a seal.
    const because = isFault(cause) || cause instanceof TypeError || cause instanceof RangeError
    if (!because) throw cause
    throw denied('bad-token', 'This token is not for this sale and this buyer', cause)
  }
}

const denied = (code: string, message: string, cause?: unknown) =>
  fault('denied', `flash-sale/${code}`, message, {
    field: 'token',
    cure: 'Ask for the ticket again: it has the token when it is the buyer’s turn.',
    ...(cause === undefined ? {} : { cause }),
  })
