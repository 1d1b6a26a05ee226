/** Money is an integer count of fen (1/100 yuan). Sums of floats do not add up; sums of these do. */
export type Fen = number & { readonly __unit: 'fen' }

export function fen(amount: number): Fen {
  if (!Number.isSafeInteger(amount)) throw new RangeError(`${amount} is not a whole number of fen`)
  return amount as Fen
}

/** `"12.30"` or `"12.3"` yuan to fen, exactly; anything else is a RangeError. */
export function fenFromYuan(text: string): Fen {
  const match = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(text.trim())
  if (!match) throw new RangeError(`"${text}" is not an amount in yuan with at most two decimals`)
  const whole = Number(match[2]) * 100 + Number((match[3] ?? '').padEnd(2, '0'))
  return fen(match[1] ? -whole : whole)
}

/** Parts of `total` in proportion to `weights` that add up to it exactly (largest remainder). */
export function share(total: Fen, weights: readonly number[]): Fen[] {
  const sum = weights.reduce((a, b) => a + b, 0)
  if (sum <= 0) throw new RangeError('weights must add up to more than zero')
  const exact = weights.map((weight) => (total * weight) / sum)
  const parts = exact.map(Math.floor)
  const left = total - parts.reduce((a, b) => a + b, 0)
  const byRemainder = exact
    .map((value, i) => ({ i, rest: value - parts[i]! }))
    .sort((a, b) => b.rest - a.rest)
  for (const { i } of byRemainder.slice(0, left)) parts[i]! += 1
  return parts.map(fen)
}
