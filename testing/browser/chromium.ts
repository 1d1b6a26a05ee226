import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
export const executablePath = places.find((place) => existsSync(place))
export const noChromium = executablePath ? false : 'no Chromium on this machine'

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: executablePath!,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--force-color-profile=srgb'],
  })

export type Look = { theme?: 'light' | 'dark'; language?: 'zh' | 'en'; width?: number; height?: number }

/** A page at a fixed clock with a person's preferences set; whatever the console complains of is collected. */
export async function openPage(browser: Browser, base: string, path: string, nowMs: number, look: Look = {}) {
  const { theme = 'light', language = 'zh', width = 1440, height = 900 } = look
  const context = await browser.newContext({
    viewport: { width, height },
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
    baseURL: base,
  })
  await context.addInitScript(`localStorage.setItem('doubloon', '${JSON.stringify({ theme, language })}')`)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.clock.setFixedTime(nowMs)
  await page.goto(path)
  return { page, complaints, close: () => context.close() }
}

/** Widths in CSS pixels; a page that scrolls sideways has content wider than itself. */
export const overflow = (page: Page) =>
  page.evaluate(() => {
    const width = document.documentElement.clientWidth
    const wide = [...document.querySelectorAll<HTMLElement>('.d-main, .d-main *, .d-header')].filter(
      (one) =>
        one.getBoundingClientRect().right > width + 1 &&
        !one.closest('.d-grid, .d-hidden, .d-raw, .d-tabs, .d-paper-wide'),
    )
    return document.documentElement.scrollWidth > width || wide.length
      ? wide.slice(0, 5).map((one) => `${one.tagName}.${one.className}`)
      : []
  })
