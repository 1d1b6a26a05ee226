import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { launch, noChromium, openPage } from './chromium.ts'
import { deadLetters, nowMs } from './fixtures.ts'
import { stubPlatform } from './stub.ts'

const dist = fileURLToPath(import.meta.resolve('#console/dist'))
const skip = noChromium || (existsSync(dist) ? false : 'console/dist is not built (npm run console:build)')

describe('keys, lists and live rows in a browser', { skip }, () => {
  let browser: Browser
  let stub: Awaited<ReturnType<typeof stubPlatform>>
  before(async () => {
    stub = await stubPlatform(dist)
    browser = await launch()
  })
  beforeEach(() => {
    stub.state.posted = []
  })
  after(async () => {
    await browser?.close()
    await stub?.close()
  })

  async function at(path: string, ready: string, act: (page: Page) => Promise<void>) {
    const { page, complaints, close } = await openPage(browser, stub.url, path, nowMs)
    try {
      await page.waitForSelector(ready)
      await act(page)
      assert.deepEqual(
        complaints.filter((text) => !/status of (401|503)/.test(text)),
        [],
      )
    } finally {
      await close()
    }
  }
  const press = async (page: Page, ...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key)
  }
  const parameter = (page: Page, name: string) => new URL(page.url()).searchParams.get(name)

  test('j, Enter, j and Esc walk through details, and the address follows', () =>
    at('/dead-letters', '.d-row', async (page) => {
      await press(page, 'j', 'j', 'Enter')
      await page.waitForSelector('.d-facts')
      assert.equal(parameter(page, 'open'), 'dl_000001')
      await press(page, 'j')
      await page.waitForURL(/open=dl_000002/)
      await press(page, 'Escape')
      await page.waitForURL((url) => !url.searchParams.has('open'))
    }))

  test('x selects, e retries what is selected, and nothing else', () =>
    at('/dead-letters', '.d-row', async (page) => {
      await press(page, 'j', 'x', 'j', 'j', 'Shift+X')
      await page.waitForSelector('.d-bulk')
      await press(page, 'e')
      await page.waitForSelector('.d-bulk', { state: 'detached' })
      assert.deepEqual(stub.state.posted, [
        { path: '/api/system/dead-letters/retry', body: { ids: ['dl_000000', 'dl_000001', 'dl_000002'] } },
      ])
    }))

  test('discarding asks first, and above twenty wants the count typed', () =>
    at('/dead-letters', '.d-row', async (page) => {
      await page.locator('.d-grid thead input').check()
      await press(page, 'd')
      const yes = page.locator('.ant-modal .ant-btn-dangerous')
      await yes.waitFor()
      assert.ok(await yes.isDisabled())
      await page.locator('.ant-modal input').fill('100')
      await yes.click()
      await page.waitForSelector('.d-bulk', { state: 'detached' })
      assert.equal((stub.state.posted[0]!.body as { ids: string[] }).ids.length, 100)
    }))

  test('live patches change rows in place; new rows wait behind a notice', () =>
    at('/dead-letters', '.d-row', async (page) => {
      await page.waitForSelector('.d-live-live')
      stub.push({ topic: 'dead-letters', key: 'dl_000000', data: { fact: 'comment.changed' } }, 1)
      stub.push({ topic: 'dead-letters', key: 'dl_new', data: { id: 'dl_new' } }, 2)
      await page.waitForSelector('.d-waiting')
      const first = page.locator('.d-row').first()
      assert.match((await first.textContent()) ?? '', /comment\.changed/)
      await page.locator('.d-waiting').click()
      await page.waitForSelector('.d-waiting', { state: 'detached' })
    }))

  test('scrolling reads the next pages up to the last row', () =>
    at('/dead-letters', '.d-row', async (page) => {
      await page.locator('.d-table-foot button').first().click()
      await page.waitForFunction(() => document.querySelector('.d-table-foot')?.textContent?.includes('200'))
      await page.locator('.d-table-foot button').first().click()
      await page.waitForFunction(
        (count) => document.querySelector('.d-table-foot')?.textContent?.includes(count),
        String(deadLetters.length),
      )
    }))

  test('g j goes to the job centre, and a refused action stays in sight with its code', () =>
    at('/', '.d-metric', async (page) => {
      await press(page, 'g', 'j')
      await page.waitForURL(/\/jobs$/)
      await page.locator('.d-row button').first().click()
      await page.waitForSelector('.d-reason')
      assert.match((await page.locator('.d-reason').textContent()) ?? '', /jobs\/busy/)
    }))

  test('keys are off while typing, and t turns the theme elsewhere', () =>
    at('/dead-letters', '.d-row', async (page) => {
      await press(page, 'f')
      await page.locator('.d-filter-text input').fill('')
      await page.locator('.d-filter-text input').press('t')
      assert.equal(await page.locator('html').getAttribute('data-theme'), 'light')
      await page.locator('h1').click()
      await press(page, 't')
      await page.waitForSelector('html[data-theme=dark]')
    }))

  test('a filter goes into the address, and an address brings the filter back', () =>
    at('/dead-letters?q=6910012345678907919', '.d-chips', async (page) => {
      assert.equal(await page.locator('.d-filter-text input').inputValue(), '6910012345678907919')
      await page.locator('.d-filter-text input').fill('7919')
      await page.locator('.d-filter-text input').press('Enter')
      await page.waitForURL(/q=7919/)
    }))

  test('a session that ends leads to the sign-in, which leads back', () =>
    at('/dead-letters?q=7919', '.d-row', async (page) => {
      stub.state.signedIn = false
      await press(page, 'r')
      await page.waitForURL(/\/sign-in\?to=/)
      await page.locator('input[autocomplete=username]').fill('owner@example.com')
      await page.locator('input[type=password]').fill('a long password')
      stub.state.signedIn = true
      await page.locator('button[type=submit]').click()
      await page.waitForURL(/\/dead-letters\?q=7919/)
    }))
})
