import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from './fault.ts'
import { newVaultKey, type Sealed, vault } from './vault.ts'

const code = (expected: string) => (error: unknown) => isFault(error) && error.code === expected

test('whatever is sealed opens again, only in its place, and no two seals are alike', () => {
  const safe = vault(newVaultKey('k1'))
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (plain, about) => {
      const sealed = safe.seal(plain, about)
      assert.equal(safe.open(sealed, about), Buffer.from(plain).toString())
      assert.notEqual(safe.seal(plain, about), sealed)
      assert.throws(() => safe.open(sealed, `${about}!`), code('vault/broken-seal'))
    }),
  )
})

test('a changed byte does not open', () => {
  const safe = vault(newVaultKey('k1'))
  const sealed = safe.seal('act.123', 'account:1')
  const last = sealed.at(-1) === 'A' ? 'B' : 'A'
  assert.throws(
    () => safe.open((sealed.slice(0, -1) + last) as Sealed, 'account:1'),
    code('vault/broken-seal'),
  )
})

test('after a rotation the old seal opens and is stale; without the old key it does not open', () => {
  const [old, fresh] = [newVaultKey('k1'), newVaultKey('k2')]
  const sealed = vault(old).seal('act.123', 'a')
  const both = vault(`${fresh},${old}`)
  assert.equal(both.open(sealed, 'a'), 'act.123')
  assert.equal(both.isStale(sealed), true)
  assert.equal(both.isStale(both.seal('x', 'a')), false)
  assert.throws(() => vault(fresh).open(sealed, 'a'), code('vault/unknown-key'))
})

test('a key of the wrong length is refused by name, not printed', () => {
  assert.throws(
    () => vault('k1:c2hvcnQ='),
    (error) => isFault(error) && /"k1"/.test(error.message) && !/c2hv/.test(error.message),
  )
})
