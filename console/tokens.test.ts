import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contrast, dark, light, palette } from './tokens.ts'

test('contrast agrees with the two ends of the scale', () => {
  assert.equal(contrast('#000000', '#FFFFFF'), 21)
  assert.equal(contrast('#777777', '#777777'), 1)
})

for (const [name, t] of Object.entries({ light, dark })) {
  const grounds = [t.page, t.container, t.raised, t.head, t.hover]
  test(`${name}: every text colour reads on every ground`, () => {
    for (const ink of [t.text, t.text2, t.text3, t.primary, t.info, t.success, t.warning, t.error, t.live])
      for (const ground of grounds)
        assert.ok(contrast(ink, ground) >= 4.5, `${ink} on ${ground}: ${contrast(ink, ground).toFixed(2)}`)
  })
  test(`${name}: every tinted tag reads`, () => {
    for (const tone of ['primary', 'info', 'success', 'warning', 'error', 'live', 'neutral'] as const)
      assert.ok(contrast(t[tone], t[`${tone}Bg`]) >= 4.5, tone)
    assert.ok(contrast(t.primaryInk, t.primary) >= 4.5)
  })
}

test('chart colours stand out from their ground', () => {
  for (const colour of palette.light) assert.ok(contrast(colour, light.container) >= 3, colour)
  for (const colour of palette.dark) assert.ok(contrast(colour, dark.container) >= 3, colour)
})
