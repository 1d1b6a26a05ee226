const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }

/** An id as the platform's int64: all its digits in the JSON, too many for a JS number. */
export const int64 = (digits: string): unknown => (/^-?(0|[1-9]\d*)$/.test(digits) ? rawJSON(digits) : digits)

const digitsOf = Symbol('digits')

/** JSON with every number kept as its text, so that it can be written again byte for byte. */
export const parseRaw = (text: string): unknown =>
  JSON.parse(text, (_key, value, context?: { source?: string }) =>
    typeof value === 'number' ? { [digitsOf]: context!.source } : value,
  )

/** The one way `param_json` may be written: compact, keys sorted at every level. */
export function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (digitsOf in value) return String(value[digitsOf])
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const keys = Object.keys(value).sort()
  const of = value as Record<string, unknown>
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(of[key])}`).join(',')}}`
}

/** The same with ordinary values; integers beyond the safe ones as text. */
export function plain(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (digitsOf in value) {
    const n = Number(value[digitsOf])
    return Number.isInteger(n) && !Number.isSafeInteger(n) ? String(value[digitsOf]) : n
  }
  if (Array.isArray(value)) return value.map(plain)
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]))
}
