import { isUtf8 } from 'node:buffer'

/** Rows as one list per column, for `unnest`. */
export const columns = <T, K extends keyof T>(rows: readonly T[], names: readonly K[]): T[K][][] =>
  names.map((name) => rows.map((row) => row[name]))

/** One row per key, the later one, in the order of keys: two transactions always lock in the same order. */
export function once<T>(rows: readonly T[], key: (row: T) => string): T[] {
  const byKey = new Map(rows.map((row) => [key(row), row]))
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

/**
 * Where writes are hot a column travels as one text, cut apart by the server ({@link cut}): a list would be quoted character
 * by character here and read so there, which is most of the cost of a write. No JSON text has this character unescaped.
 */
export const SEPARATOR = '\u001e'
const SEPARATOR_BYTE = Buffer.from(SEPARATOR)

/** A column of short texts or numbers, each after the separator. */
export function joined<T>(rows: readonly T[], of: (row: T) => string | number): string {
  let text = ''
  for (const row of rows) {
    const value = String(of(row))
    text += SEPARATOR + (value.includes(SEPARATOR) ? value.replaceAll(SEPARATOR, '') : value)
  }
  return text
}

/** A column of bodies, the bytes as they came: nothing is decoded only to be encoded again. */
export const joinedBodies = (bodies: readonly Buffer[]): Buffer =>
  Buffer.concat(bodies.flatMap((body) => [SEPARATOR_BYTE, storable(body)]))

/** What a text column takes, and our separator is no part of: UTF-8 without NUL. Of a JSON body nothing changes. */
function storable(body: Buffer): Buffer {
  if (isUtf8(body) && !body.includes(0) && !body.includes(SEPARATOR_BYTE)) return body
  return Buffer.from(body.toString().replaceAll('\0', '\uFFFD').replaceAll(SEPARATOR, '\uFFFD'))
}

/** The SQL that makes a list of texts out of such a parameter. */
export const cut = (parameter: string): string => `(string_to_array(${parameter}, E'\\x1e'))[2:]`
