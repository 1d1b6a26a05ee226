import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { fault } from '#kernel/fault.ts'
import type { App } from '#kernel/http.ts'

const DIST = join(import.meta.dirname, '../console/dist')
const YEAR_MS = 31_536_000_000

/** Serves the built console: hashed files for ever, the page itself fresh and with a nonce for its styles. */
export async function serveConsole(app: App): Promise<void> {
  const index = join(DIST, 'index.html')
  if (!existsSync(index)) {
    app.get('/', { config: { access: 'public' }, schema: { hide: true } }, () => {
      throw fault('missing', 'console/not-built', 'The console is not built yet', {
        cure: 'Run `npm run console:build`.',
      })
    })
    return
  }
  await app.register(fastifyStatic, {
    root: join(DIST, 'assets'),
    prefix: '/assets/',
    immutable: true,
    maxAge: YEAR_MS,
    preCompressed: true,
    schemaHide: true,
  })
  const page = readFileSync(index, 'utf8')
  app.get('/*', { config: { access: 'public' }, schema: { hide: true } }, (request, reply) => {
    if (request.url.startsWith('/api/'))
      throw fault('missing', 'http/no-route', `There is nothing at ${request.url}`)
    const nonce = randomBytes(16).toString('base64')
    return reply
      .headers({
        'content-security-policy': policy(nonce),
        'cache-control': 'no-store',
        'referrer-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      })
      .type('text/html; charset=utf-8')
      .send(page.replaceAll('__CSP_NONCE__', nonce))
  })
}

const policy = (nonce: string) =>
  [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'`,
    // Inline style attributes are how antd and ECharts place things; style elements need the nonce.
    `style-src-elem 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: https: http://127.0.0.1:*",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
