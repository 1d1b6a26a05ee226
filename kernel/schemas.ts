import { type TSchema, Type } from 'typebox'

/** Pieces that the schemas of every room's routes are made of. */

export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const Ms = Type.Number({ description: 'Unix milliseconds' })

export const literals = <const T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>(Type.Union(values.map((value) => Type.Literal(value))))

/** One page of a list; `next` is the cursor of the page after it, null after the last. */
export const slice = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), next: Nullable(Type.String()) })
