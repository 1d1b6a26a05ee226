import { fault } from '#kernel/fault.ts'
import type { Params } from '#kernel/warehouse.ts'

/** String literals, quoted names and comments are passed over; `{name:Type}` is what we look for. */
const TOKENS =
  /'(?:[^'\\]|\\[\s\S]|'')*'|`(?:[^`\\]|\\[\s\S])*`|"(?:[^"\\]|\\[\s\S])*"|--[^\n]*|\/\*[\s\S]*?\*\/|\{(\w+)\s*:\s*([\w() ,]+?)\s*\}/g

/**
 * Puts values in the place of `{name:Type}`. Servers before 19.14 cannot do it themselves, so it is done here, by
 * type: a number is checked digit by digit, text is quoted, nothing else gets through.
 * Types: String, Int*, UInt*, Float*, Decimal, Bool, Date, DateTime, Array of these (a list after `IN`).
 */
export function bind(sql: string, params: Params = {}): string {
  return sql.replace(TOKENS, (token, name: string | undefined, type: string, at: number) => {
    if (name === undefined) return token
    const value = params[name]
    if (value === undefined)
      throw fault('invalid', 'warehouse/parameter', `The query needs a value for "${name}"`)
    const isList = /\bIN\s*$/i.test(sql.slice(0, at))
    return isList ? list(value, type, name) : literal(value, type, name)
  })
}

type Value = Params[string]

function literal(value: Value, type: string, name: string): string {
  const ofArray = /^Array\((.+)\)$/.exec(type)
  if (!ofArray) return scalar(value, type, name)
  if (!Array.isArray(value)) throw unfit(name, type)
  return `CAST([${value.map((each: Value) => literal(each, ofArray[1]!, name)).join(', ')}] AS ${type})`
}

/** `IN ()` is an error, and nothing is in a list of NULL. */
function list(value: Value, type: string, name: string): string {
  const ofArray = /^Array\((.+)\)$/.exec(type)
  if (!ofArray || !Array.isArray(value)) throw unfit(name, type)
  return `(${value.map((each: Value) => scalar(each, ofArray[1]!, name)).join(', ') || 'NULL'})`
}

function scalar(value: Value, type: string, name: string): string {
  const text = typeof value === 'boolean' ? String(Number(value)) : String(value)
  if (Array.isArray(value)) throw unfit(name, type)
  if (type === 'String') return quoted(text)
  if (/^U?Int(8|16|32|64)$/.test(type) || type === 'Bool') return number(/^-?\d{1,20}$/, text, type, name)
  if (/^(Float(32|64)|Decimal\(\d+, ?\d+\))$/.test(type)) {
    return number(/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/, text, type, name)
  }
  if (type === 'Date') return `toDate(${quoted(matching(/^\d{4}-\d\d-\d\d$/, text, type, name))})`
  if (type === 'DateTime') return `toDateTime(${dateTime(text, name)})`
  throw unfit(name, type)
}

/** In brackets when negative: two dashes begin a comment. */
function number(pattern: RegExp, text: string, type: string, name: string): string {
  const checked = matching(pattern, text, type, name)
  return checked.startsWith('-') ? `(${checked})` : checked
}

/** Unix seconds, or `YYYY-MM-DD hh:mm:ss`. */
const dateTime = (text: string, name: string) =>
  /^\d{1,10}$/.test(text)
    ? text
    : quoted(matching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/, text, 'DateTime', name))

function matching(pattern: RegExp, text: string, type: string, name: string): string {
  if (!pattern.test(text)) throw unfit(name, type)
  return text
}

const unfit = (name: string, type: string) =>
  fault('invalid', 'warehouse/parameter', `The value of "${name}" is not of type ${type}`)

/** Only the backslash and the quote can end a literal early; a NUL would end the text for the engine in this process. */
const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`
