import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from './fault.ts'
import { choice, envName, flag, integer, readSettings, secret, text } from './settings.ts'

const sections = {
  'flash-sale': {
    holdSeconds: integer({ default: 900, min: 60, max: 3600, says: 'How long unpaid stock is held.' }),
    isOpen: flag({ says: 'Whether it is open.' }),
    store: choice(['postgres', 'redis'], { says: 'The store.' }),
  },
  bill: { key: secret({ says: 'The key.' }), name: text({ default: 'x', says: 'A name.', env: 'SPECIAL' }) },
}

test('a name in the environment follows from room and setting', () => {
  assert.equal(envName('flash-sale', 'holdSeconds'), 'FLASH_SALE_HOLD_SECONDS')
  assert.equal(envName('postgres', 'url'), 'POSTGRES_URL')
})

test('defaults hold where nothing or an empty text is set; the rest is parsed', () => {
  const { values } = readSettings(sections, { FLASH_SALE_IS_OPEN: 'yes', FLASH_SALE_STORE: '', SPECIAL: 'y' })
  assert.deepEqual(values, {
    'flash-sale': { holdSeconds: 900, isOpen: true, store: 'postgres' },
    bill: { key: '', name: 'y' },
  })
})

test('all complaints come at once, each with its room, and no secret is printed', () => {
  const env = {
    FLASH_SALE_HOLD_SECONDS: '59',
    FLASH_SALE_STORE: 'mysql',
    BILL_KEY: 'hush',
    FLASH_SALE_IS_OPEN: 'maybe',
  }
  assert.throws(
    () => readSettings(sections, env),
    (error) => {
      assert.ok(isFault(error) && error.kind === 'invalid')
      assert.match(
        error.message,
        /flash-sale: FLASH_SALE_HOLD_SECONDS="59" must be a whole number from 60 to 3600/,
      )
      assert.match(error.message, /FLASH_SALE_STORE="mysql" must be one of postgres, redis/)
      assert.match(error.message, /FLASH_SALE_IS_OPEN="maybe" must be true or false/)
      return !error.message.includes('hush')
    },
  )
  const { lines } = readSettings(sections, { BILL_KEY: 'hush' })
  assert.equal(lines.find((line) => line.env === 'BILL_KEY')?.value, '••••')
})
