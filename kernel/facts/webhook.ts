import { Type } from 'typebox'
import { factKind } from '#kernel/fact-log.ts'

/** The platform told us something, and its signature was right. Each `Msg-Id` once, in no promised order. */
export const webhookReceived = factKind({
  name: 'webhook.received',
  version: 1,
  schema: Type.Object({
    msgId: Type.String(),
    event: Type.String(),
    /** The account it is about, where it is one of ours. */
    accountId: Type.Union([Type.String(), Type.Null()]),
    fromUserId: Type.String(),
    toUserId: Type.String(),
    /** Parsed, whether the platform sent an object or JSON in a string. */
    content: Type.Unknown(),
    receivedAtMs: Type.Integer(),
  }),
  // What is about one account stays in order; what is about none is spread by its id.
  key: ({ accountId, msgId }) => accountId ?? msgId,
})
