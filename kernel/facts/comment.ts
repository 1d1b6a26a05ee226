import { Type } from 'typebox'
import { factKind } from '#kernel/fact-log.ts'

/**
 * A comment, a reply or a live-room remark was seen for the first time, whichever way it came. Told once per comment,
 * also for old ones at the first collection: whoever answers people looks at `createdAtMs` first.
 */
export const commentReceived = factKind({
  name: 'comment.received',
  version: 1,
  schema: Type.Object({
    accountId: Type.String(),
    commentId: Type.String(),
    itemId: Type.String({ description: 'The video; empty for a live room.' }),
    roomId: Type.Union([Type.String(), Type.Null()]),
    replyTo: Type.Union([Type.String(), Type.Null()], { description: 'The first-level comment it answers.' }),
    userId: Type.String(),
    nickname: Type.String(),
    content: Type.String(),
    createdAtMs: Type.Integer(),
    origin: Type.Union([Type.Literal('pull'), Type.Literal('webhook'), Type.Literal('live')]),
  }),
  key: (comment) => comment.itemId || comment.roomId || comment.commentId,
})
