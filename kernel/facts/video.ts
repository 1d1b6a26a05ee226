import { Type } from 'typebox'
import { factKind } from '#kernel/fact-log.ts'

/** A video of a connected account was seen for the first time. Told once per video, also for old ones at the first collection. */
export const videoPublished = factKind({
  name: 'video.published',
  version: 1,
  schema: Type.Object({
    accountId: Type.String(),
    itemId: Type.String(),
    videoId: Type.String(),
    title: Type.String(),
    shareUrl: Type.String(),
    publishedAtMs: Type.Integer(),
  }),
  key: (video) => video.itemId,
})
