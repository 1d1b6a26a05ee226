import type { Conflict, Origin, Source } from '#capabilities/create/media-metadata/media-metadata.ts'

/** A value with the program and the tag that it comes from. */
export interface Claim<T> extends Origin {
  value: T
}

/** Everything the programs said about one file, and a book of who was believed. */
export interface Evidence {
  provenance: Record<string, Origin>
  conflicts: Conflict[]
  /** Writes down where a field comes from and returns its value; null when nobody claims it. */
  take<T>(field: string, claims: readonly (Claim<T> | null)[], compare?: Comparison<T>): T | null
  note(field: string, origin: Origin): void
  dispute<T>(field: string, chosen: Claim<T>, other: Claim<T>, rule: string): void
}

/** When two claims count as the same, and in which words the first one wins when they do not. */
export interface Comparison<T> {
  isSame(chosen: T, other: T): boolean
  rule: string
}

export const claim = <T>(from: Source, tag: string, value: T | null | undefined): Claim<T> | null =>
  value === null || value === undefined ? null : { from, tag, value }

export function evidence(): Evidence {
  const book: Evidence = {
    provenance: {},
    conflicts: [],
    take(field, claims, compare) {
      const [chosen, ...others] = claims.filter((one) => one !== null)
      if (!chosen) return null
      book.note(field, chosen)
      for (const other of others)
        if (compare && !compare.isSame(chosen.value, other.value))
          book.dispute(field, chosen, other, compare.rule)
      return chosen.value
    },
    note(field, { from, tag }) {
      book.provenance[field] = { from, tag }
    },
    dispute(field, chosen, other, rule) {
      const plain = ({ from, tag, value }: Claim<unknown>) => ({ from, tag, value })
      book.conflicts.push({ field, chosen: plain(chosen), other: plain(other), rule })
    },
  }
  return book
}
