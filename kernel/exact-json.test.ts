import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseExact } from './exact-json.ts'

/** The promise, said slowly: each value of its own is looked at after it was read. */
const slowly = (text: string): unknown =>
  JSON.parse(text, (_key, value, context?: { source?: string }) =>
    typeof value === 'number' &&
    !Number.isSafeInteger(value) &&
    /^-?\d+$/.test(context!.source!) &&
    Number.isFinite(value)
      ? context!.source
      : value,
  )

const outcome = (read: () => unknown): unknown => {
  try {
    return { value: read() }
  } catch (error) {
    return (error as Error).name
  }
}

/** Numbers as a writer may write them, about the edge of what is exact. */
const number = fc.oneof(
  fc.bigInt(-(2n ** 70n), 2n ** 70n).map(String),
  fc.constantFrom('9007199254740991', '9007199254740992', '-9007199254740992', '0', '-0'),
  fc.constantFrom(
    '1e20',
    '12345678901234567.5',
    '12345678901234567E2',
    '0.12345678901234567',
    '1e-1234567890123456',
  ),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => JSON.stringify(value)),
)
/** Strings that look like what is rewritten. */
const string = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', '\\', ',', ':', '[', ']', '{', '}', ' ', '\n', 'é', '中', '\u{1f600}', '-', '\\"'),
      fc.bigInt(10n ** 15n, 10n ** 20n).map(String),
      fc.string(),
    ),
    { maxLength: 8 },
  )
  .map((parts) => JSON.stringify(parts.join('')))
const space = fc.constantFrom('', '', '', ' ', '\n\t', '\r ')
const key = fc.oneof(string, fc.constantFrom('"__proto__"', '"a"', '"12345678901234567890"'))

const json: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    number,
    string,
    fc.constantFrom('true', 'false', 'null'),
    fc
      .tuple(fc.array(fc.tuple(space, tie('value'), space), { maxLength: 5 }), space)
      .map(([items, gap]) => `[${items.map((item) => item.join('')).join(',') || gap}]`),
    fc
      .array(fc.tuple(space, key, space, space, tie('value'), space), { maxLength: 5 })
      .map(
        (fields) =>
          `{${fields.map(([a, name, b, c, value, d]) => `${a}${name}${b}:${c}${value}${d}`).join(',')}}`,
      ),
  ),
})).value

test('is what reviving each value gives, for any JSON', () => {
  fc.assert(
    fc.property(fc.tuple(space, json, space), (parts) => {
      const text = parts.join('')
      assert.deepEqual(parseExact(text), slowly(text))
    }),
    { numRuns: 2_000 },
  )
})

test('what is no JSON stays none: broken anywhere, it throws as it did', () => {
  const junk = fc.constantFrom(
    '"',
    '\\',
    ',',
    ':',
    '[',
    ']',
    '{',
    '}',
    ' ',
    '-',
    '.',
    'e',
    '0',
    '7',
    '12345678901234567',
    '',
  )
  fc.assert(
    fc.property(json, fc.nat(), fc.nat(3), junk, (text, place, cut, put) => {
      const at = place % (text.length + 1)
      const broken = text.slice(0, at) + put + text.slice(at + cut)
      assert.deepEqual(
        outcome(() => parseExact(broken)),
        outcome(() => slowly(broken)),
      )
    }),
    { numRuns: 4_000 },
  )
})

test('ids stay whole wherever they stand, and nothing else changes', () => {
  const text =
    '{"id": 6910012345678907919, "n": 12, "s": "[6910012345678907919]", "l":[-4611686044197143543 ,1e20]}'
  assert.deepEqual(parseExact(text), {
    id: '6910012345678907919',
    n: 12,
    s: '[6910012345678907919]',
    l: ['-4611686044197143543', 1e20],
  })
  assert.equal(parseExact('4611686044197143543'), '4611686044197143543')
  assert.equal(parseExact('9007199254740991'), 9007199254740991)
  assert.equal(parseExact('9007199254740993'), '9007199254740993')
  assert.throws(() => parseExact('[0123456789012345678]'), SyntaxError)
  assert.throws(() => parseExact('{6910012345678907919:1}'), SyntaxError)
  const large = `{"text":"${'\\\\\\"6910012345678907919,'.repeat(100_000)}","id":6910012345678907919}`
  assert.equal((parseExact(large) as { id: string }).id, '6910012345678907919')
})
