import { Type } from 'typebox'
import { factKind } from '#kernel/fact-log.ts'

/** A hot list as it stood at `activeAtMs`. The same list of the same moment is told once. Belongs to the installation. */
export const hotListCaptured = factKind({
  name: 'hot-list.captured',
  version: 1,
  schema: Type.Object({
    list: Type.String({ description: 'Which list: `hot-search`.' }),
    activeAtMs: Type.Integer(),
    capturedAtMs: Type.Integer(),
    entries: Type.Array(
      Type.Object({
        rank: Type.Integer({ description: 'From 1.' }),
        sentence: Type.String(),
        heat: Type.Integer(),
        label: Type.Integer({ description: "Douyin's own mark: 0 none, 1 new, 3 hot." }),
      }),
    ),
  }),
  key: (snapshot) => snapshot.list,
})
