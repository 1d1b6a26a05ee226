import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { until } from '#testing/until.ts'
import { launch, noChromium, overflow } from './chromium.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const isBuilt = existsSync(join(root, 'console/dist/index.html'))
const skip = noChromium || (isBuilt ? false : 'console/dist is not built (npm run console:build)')

type Language = 'zh' | 'en'
type List = { items: Record<string, unknown>[] }

/** Every page and tab, with what shows that it has its data. */
const pages: [path: string, ready: string][] = [
  ['/', '.d-metric'],
  ['/open-platform', '.d-row, .d-row-card'],
  ['/open-platform?tab=quota', '.d-row'],
  ['/open-platform?tab=webhooks', '.d-metric'],
  ['/collector', '.d-row, .d-row-card'],
  ['/collector?tab=videos', '.d-row, .d-row-card'],
  ['/collector?tab=comments', '.d-row, .d-row-card'],
  ['/collector?tab=hotLists', '.d-row'],
  ['/collector?tab=runs', '.d-row, .d-row-card'],
  ['/media-metadata', '.d-metric'],
  ['/media-metadata?tab=batches', '.d-empty, .d-row'],
  ['/media-metadata?tab=rules', '.d-card input'],
  ['/clips', '.d-metric'],
  ['/clips?tab=editor', 'textarea'],
  ['/order-sync', '.d-row, .d-row-card'],
  ['/order-sync?tab=reports', '.d-row, .d-row-card, .d-empty'],
  ['/order-sync?tab=conflicts', '.d-metric'],
  ['/order-sync?tab=deliveries', '.d-metric'],
  ['/order-sync?tab=shops', '.d-facts'],
  ['/inventory', '.d-row, .d-row-card'],
  ['/inventory?tab=warnings', '.d-row, .d-row-card, .d-empty'],
  ['/inventory?tab=purchases', '.d-row, .d-row-card, .d-empty'],
  ['/inventory?tab=shops', '.d-facts'],
  ['/inventory?tab=reports', '.d-paper'],
  ['/jobs', '.d-row, .d-queue-card'],
  ['/dead-letters', '.d-empty-done, .d-row'],
  ['/audit', '.d-row, .d-row-card, .d-empty'],
  ['/settings', '.d-row, .d-card'],
  ['/settings?tab=engines', '.d-engines li'],
]

describe('the console on the real platform', { skip }, () => {
  let data = ''
  let platform: ChildProcess
  let browser: Browser
  let person: BrowserContext
  let base = ''
  let link = ''
  const complaints: string[] = []

  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'doubloon-browser-'))
    const booted = await boot(data)
    platform = booted.child
    link = booted.link
    base = new URL(booted.link).origin
    browser = await launch()
    person = await browser.newContext({
      locale: 'zh-CN',
      timezoneId: 'Asia/Shanghai',
      reducedMotion: 'reduce',
    })
    await signIn(booted.link)
  })

  after(async () => {
    await browser?.close()
    if (platform?.exitCode === null) {
      platform.kill('SIGTERM')
      await once(platform, 'exit')
    }
    await rm(data, { recursive: true, force: true })
  })

  /** By the printed link; the first time it asks for an address and a password. */
  async function signIn(link: string) {
    const page = await person.newPage()
    listen(page, 'sign-in', complaints)
    await page.goto(link)
    await page.locator('input[type=password]').first().waitFor()
    await page.locator('input[autocomplete=username], input[type=email]').first().fill('owner@example.com')
    for (const field of await page.locator('input[type=password]').all()) await field.fill('a long password')
    await page.locator('button[type=submit]').click()
    await page.locator('.d-metric').first().waitFor()
    await page.close()
  }

  const items = async (path: string) => ((await (await person.request.get(base + path)).json()) as List).items

  async function walk(language: Language, width: number) {
    const context = await browser.newContext({
      storageState: await person.storageState(),
      viewport: { width, height: 900 },
      locale: 'zh-CN',
      timezoneId: 'Asia/Shanghai',
      reducedMotion: 'reduce',
    })
    await context.addInitScript(
      `localStorage.setItem('doubloon', '${JSON.stringify({ theme: 'light', language })}')`,
    )
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    await page.goto(`${base}/settings`)
    await page.locator('.d-page').waitFor()
    for (const [path, ready] of pages) {
      const heard: string[] = []
      const deaf = listen(page, path, heard)
      // Within the page, as links do: each load anew would take a second more.
      await page.evaluate((to) => history.pushState({}, '', to), path)
      await page
        .locator(ready)
        .first()
        .waitFor()
        .catch((cause) => assert.fail(`${path} shows no ${ready}: ${cause}`))
      await page.waitForSelector('.d-thin', { state: 'detached' })
      assert.deepEqual(heard, [], 'the browser complains')
      assert.deepEqual(await overflow(page), [], `${path} scrolls sideways`)
      assert.equal(await page.locator('.d-reason').count(), 0, `${path} shows a failure`)
      deaf()
    }
    assert.equal(await page.locator('html').getAttribute('lang'), language === 'zh' ? 'zh-CN' : 'en')
    await context.close()
  }

  test('accounts connect and rows arrive', { timeout: 40_000 }, async () => {
    await until(async () => (await items('/api/open-platform/accounts')).length >= 3, 30_000)
    await until(async () => (await items('/api/collector/comments')).length > 0, 30_000)
    await until(async () => (await person.request.get(`${base}/api/collector/hot-lists/latest`)).ok(), 30_000)
    await until(async () => (await items('/api/order-sync/orders')).length > 0, 30_000)
    await until(async () => (await items('/api/inventory/items')).length > 0, 30_000)
    const made = await person.request.post(`${base}/api/inventory/reports`, {
      data: {},
      headers: { origin: base },
    })
    assert.equal(made.status(), 200)
    assert.deepEqual(complaints, [])
  })
  test('every page in Chinese, wide', { timeout: 90_000 }, () => walk('zh', 1440))
  test('every page in English, on a phone', { timeout: 90_000 }, () => walk('en', 390))
  test('the sign-in link works once', async () => {
    const stranger = await browser.newContext()
    const page = await stranger.newPage()
    await page.goto(link)
    await page.waitForURL(/\/sign-in\?link=used/)
    await page.locator('.d-gate-card').waitFor()
    await stranger.close()
  })
})

/** Collects what the browser complains of; returns the way to stop. */
function listen(page: Page, where: string, into: string[]) {
  const onConsole = (message: { type(): string; text(): string }) => {
    const isOurs = !/status of 401|favicon/.test(message.text())
    if (['error', 'warning'].includes(message.type()) && isOurs) into.push(`${where}: ${message.text()}`)
  }
  const onError = (error: Error) => void into.push(`${where}: ${error}`)
  page.on('console', onConsole)
  page.on('pageerror', onError)
  return () => {
    page.off('console', onConsole)
    page.off('pageerror', onError)
  }
}

/** The platform as a person starts it, in an empty data folder; resolves with the link that it prints. */
async function boot(data: string): Promise<{ child: ChildProcess; link: string }> {
  const child = spawn(process.execPath, ['main.ts'], {
    cwd: root,
    env: {
      ...process.env,
      DOUBLOON_DATA: data,
      DOUBLOON_PORT: String(await freePort()),
      DOUBLOON_GRPC_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const link = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk
      const found = /Sign in, once, with: (\S+)/.exec(said)
      if (found) resolve(found[1]!)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('exit', (code) => reject(new Error(`the platform ended with ${code}:\n${said.slice(-2000)}`)))
  })
  return { child, link }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((done) => server.close(done))
  return typeof address === 'object' && address ? address.port : 0
}
