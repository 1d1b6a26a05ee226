import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chord, sequence } from './shortcuts.ts'

const plain = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false }

test('a key press is written as in the help list', () => {
  assert.equal(chord({ ...plain, key: 'j' }), 'j')
  assert.equal(chord({ ...plain, key: 'X', shiftKey: true }), 'Shift x')
  assert.equal(chord({ ...plain, key: '?', shiftKey: true }), '?')
  assert.equal(chord({ ...plain, key: 'k', metaKey: true }), 'Ctrl k')
  assert.equal(chord({ ...plain, key: 'Enter', ctrlKey: true }), 'Ctrl Enter')
})

test('composing an input method, a lone modifier and Alt are none of ours', () => {
  assert.equal(chord({ ...plain, key: 'j', isComposing: true }), undefined)
  assert.equal(chord({ ...plain, key: 'Shift', shiftKey: true }), undefined)
  assert.equal(chord({ ...plain, key: 'j', altKey: true }), undefined)
})

const known =
  (...keys: string[]) =>
  (key: string) =>
    keys.includes(key)

test('g waits for its letter', () => {
  const press = sequence(1000)
  const wants = known('g h', 'h', 'j')
  assert.equal(press('g', 0, wants), undefined)
  assert.equal(press('h', 400, wants), 'g h')
  assert.equal(press('h', 500, wants), 'h', 'the sequence is used up')
})

test('g is forgotten after a second, or when the pair means nothing', () => {
  const press = sequence(1000)
  const wants = known('g h', 'j')
  press('g', 0, wants)
  assert.equal(press('h', 1001, wants), undefined)
  press('g', 2000, wants)
  assert.equal(press('j', 2100, wants), 'j', 'the letter still acts alone')
  press('g', 3000, wants)
  press('g', 3100, wants)
  assert.equal(press('h', 3200, wants), 'g h', 'g g h reads as g h')
})
