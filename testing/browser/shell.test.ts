import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { type Look, launch, noChromium, openPage, overflow } from './chromium.ts'
import { poorContrast } from './contrast.ts'
import { nowMs } from './fixtures.ts'
import { stubPlatform } from './stub.ts'

const dist = fileURLToPath(import.meta.resolve('#console/dist'))
const skip = noChromium || (existsSync(dist) ? false : 'console/dist is not built (npm run console:build)')

type Shot = Look & {
  name: string
  path: string
  ready: string
  act?: (page: Page) => Promise<unknown>
  expected?: RegExp
  busy?: boolean
}

/** Each page once, in the look that is hardest for it; the other looks are the platform's test. */
const shots: Shot[] = [
  { name: 'home-light', path: '/', ready: '.d-metric' },
  { name: 'home-en-dark', path: '/', ready: '.d-metric', language: 'en', theme: 'dark' },
  { name: 'home-390', path: '/', ready: '.d-metric', width: 390, height: 844 },
  { name: 'jobs-390', path: '/jobs', ready: '.d-job', width: 390, height: 844 },
  { name: 'dead-letters-390', path: '/dead-letters', ready: '.d-row-card', width: 390, height: 844 },
  {
    name: 'dead-letters-selected',
    path: '/dead-letters',
    ready: '.d-row',
    act: async (page) => {
      for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key)
      await page.waitForSelector('.d-bulk')
    },
  },
  {
    name: 'dead-letters-drawer-dark',
    path: '/dead-letters?open=dl_000001&view=raw',
    ready: '.d-raw',
    theme: 'dark',
  },
  { name: 'settings-keys', path: '/settings?tab=keys', ready: '.d-job' },
  { name: 'engines-390', path: '/engines', ready: '.d-engines li', width: 390, height: 844 },
  {
    name: 'search-19-digit-tail',
    path: '/',
    ready: '.d-metric',
    act: async (page) => {
      await page.keyboard.press('/')
      await page.locator('.d-palette input').fill('7919')
      await page.waitForSelector('.d-hit')
    },
  },
]

describe('console shell in a browser', { skip }, () => {
  let browser: Browser
  let stub: Awaited<ReturnType<typeof stubPlatform>>
  let folder = ''
  before(async () => {
    stub = await stubPlatform(dist)
    browser = await launch()
    folder = await mkdtemp(join(tmpdir(), 'doubloon-shots-'))
    console.log(`# pictures in ${folder}`)
  })
  after(async () => {
    await browser?.close()
    await stub?.close()
  })

  async function look(shot: Shot) {
    const { page, complaints, close } = await openPage(browser, stub.url, shot.path, nowMs, shot)
    try {
      await page.waitForSelector(shot.ready, { timeout: 20_000 })
      await shot.act?.(page)
      if (!shot.busy) await page.waitForSelector('.d-thin', { state: 'detached' })
      await page.screenshot({ path: join(folder, `${shot.name}.png`) })
      assert.deepEqual(
        complaints.filter((text) => !(shot.expected ?? /401/).test(text)),
        [],
        'the browser complains',
      )
      assert.deepEqual(await poorContrast(page), [], 'text below 4.5')
      if (shot.width === 390) assert.deepEqual(await overflow(page), [], 'scrolls sideways')
    } finally {
      await close()
    }
  }

  for (const shot of shots) test(shot.name, () => look(shot))

  test('sign-in', async () => {
    stub.state.signedIn = false
    await look({
      name: 'sign-in-390-dark',
      path: '/dead-letters',
      ready: '.d-gate-card',
      theme: 'dark',
      width: 390,
      height: 844,
    })
    stub.state.signedIn = true
  })

  test('first run, forbidden, crash and skeleton', async () => {
    stub.state.trouble = 'first-run'
    await look({ name: 'first-run', path: '/', ready: '.d-gate-card' })
    stub.state.trouble = 'denied'
    await look({ name: 'forbidden-403', path: '/audit', ready: '.ant-result', expected: /403/ })
    stub.state.trouble = 'nonsense'
    await look({
      name: 'crash-boundary',
      path: '/engines',
      ready: '.ant-result',
      expected: /report|TypeError/,
    })
    stub.state.trouble = 'slow'
    await look({
      name: 'skeleton-list',
      path: '/dead-letters',
      ready: '.d-filters ~ .d-loading .d-bone-row',
      busy: true,
    })
    stub.state.trouble = ''
  })

  test('nothing left to do says so', async () => {
    stub.state.empty = true
    await look({ name: 'dead-letters-empty', path: '/dead-letters', ready: '.d-empty-done' })
    stub.state.empty = false
  })
})
