import { Type } from 'typebox'
import { factKind } from '#kernel/fact-log.ts'

/** An account can be called from now on: first consent, or a new one. */
export const accountAuthorised = factKind({
  name: 'account.authorised',
  version: 1,
  schema: Type.Object({
    accountId: Type.String(),
    openId: Type.String(),
    nickname: Type.String(),
    scopes: Type.Array(Type.String()),
    /** False when it was known before and was authorised again. */
    isNew: Type.Boolean(),
  }),
  key: ({ accountId }) => accountId,
})

/** An account cannot be called any more until a person acts. */
export const accountLost = factKind({
  name: 'account.lost',
  version: 1,
  schema: Type.Object({
    accountId: Type.String(),
    openId: Type.String(),
    reason: Type.Union([
      Type.Literal('reauthorise'),
      Type.Literal('revoked'),
      Type.Literal('banned'),
      Type.Literal('disconnected'),
    ]),
    code: Type.Union([Type.Integer(), Type.Null()]),
  }),
  key: ({ accountId }) => accountId,
})

/** A user took back, or gave, some scopes of an account that goes on. */
export const accountScopesChanged = factKind({
  name: 'account.scopes-changed',
  version: 1,
  schema: Type.Object({ accountId: Type.String(), openId: Type.String(), scopes: Type.Array(Type.String()) }),
  key: ({ accountId }) => accountId,
})

/** Fewer than ten calls of an endpoint family are left until the platform restores them. Once per family and day. */
export const accountQuotaLow = factKind({
  name: 'account.quota-low',
  version: 1,
  schema: Type.Object({ family: Type.String(), remaining: Type.Integer(), restoresAtMs: Type.Integer() }),
  key: ({ family }) => family,
})
