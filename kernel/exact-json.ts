// An integer of 16 digits or more outside of quotes: JSON.parse would round it.
const LONG_INTEGER = /(?:^|[[:,])\s*-?\d{16,}\s*(?:[,}\]]|$)/

/** JSON in which integers too long for a JS number come out as text: 19-digit ids stay what they are. */
export function parseExact(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text)
  return JSON.parse(text, (_key, value, context?: { source?: string }) =>
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
      ? context!.source
      : value,
  )
}
