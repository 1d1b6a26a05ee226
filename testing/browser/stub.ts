import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import * as fixtures from './fixtures.ts'

/** `first-run`: a password is wanted; `denied`: the audit trail answers 403; `nonsense`: engines answer without items; `slow`: dead letters never answer. */
type Trouble = '' | 'first-run' | 'denied' | 'nonsense' | 'slow'

/**
 * A stand-in for the platform that only serves the built console and fixtures. It exists for pictures of
 * the shell's own pages; what the console and the platform do together is tested against the platform.
 */
export async function stubPlatform(dist: string) {
  const state = {
    signedIn: true,
    empty: false,
    trouble: '' as Trouble,
    posted: [] as { path: string; body: unknown }[],
  }
  const streams = new Set<ServerResponse>()
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://stub')
    if (url.pathname === '/api/live') return stream(response, streams)
    if (!url.pathname.startsWith('/api/')) return file(dist, url.pathname, response)
    if (request.method !== 'GET') {
      const body = (await request.toArray()).join('')
      state.posted.push({ path: url.pathname, body: body ? JSON.parse(body) : undefined })
      if (url.pathname.endsWith('/pause'))
        return json(response, { title: 'Busy', status: 503, code: 'jobs/busy' }, 503)
      return json(response, url.pathname.endsWith('/api-keys') ? { key: 'dbl_live_0123456789abcdef' } : {})
    }
    if (!state.signedIn)
      return json(response, { title: 'Signed out', status: 401, code: 'auth/signed-out' }, 401)
    if (state.trouble === 'first-run' && url.pathname === '/api/me')
      return json(response, { ...fixtures.me, needsPassword: true })
    if (state.trouble === 'denied' && url.pathname.endsWith('/audit'))
      return json(response, { title: 'Not for viewers', status: 403, code: 'auth/denied' }, 403)
    if (state.trouble === 'nonsense' && url.pathname.endsWith('/engines')) return json(response, {})
    if (state.trouble === 'slow' && url.pathname.endsWith('/dead-letters')) return // never answered
    const answer = answers(url, state.empty)
    if (!answer) return json(response, { title: 'No such route', status: 404, code: 'http/404' }, 404)
    json(response, answer)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    state,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    push(patch: object, id: number) {
      for (const open of streams) open.write(`event: patch\nid: ${id}\ndata: ${JSON.stringify(patch)}\n\n`)
    },
    async close() {
      for (const open of streams) open.end()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

function answers(url: URL, empty: boolean): unknown {
  const path = url.pathname.replace('/api/', '')
  if (path === 'me') return fixtures.me
  if (path === 'system/overview') return fixtures.overview
  if (path === 'system/jobs') return fixtures.jobs
  if (path === 'system/engines') return fixtures.engines
  if (path === 'system/settings') return fixtures.settings
  if (path === 'system/api-keys') return fixtures.apiKeys
  if (path === 'system/audit') return page(fixtures.audit, url)
  if (path === 'system/dead-letters') return page(empty ? [] : fixtures.deadLetters, url)
  return undefined
}

function page<Row>(rows: Row[], url: URL) {
  const from = Number(url.searchParams.get('cursor') ?? 0)
  const to = from + Number(url.searchParams.get('limit') ?? 100)
  return { items: rows.slice(from, to), next: to < rows.length ? String(to) : null }
}

function json(response: ServerResponse, body: unknown, status = 200) {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))
}

function stream(response: ServerResponse, streams: Set<ServerResponse>) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write(': open\n\n')
  streams.add(response)
  response.on('close', () => streams.delete(response))
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}
const nonce = 'c3R1Yi1ub25jZQ'
// The policy that the console must live with: no inline script or style but ours, by nonce.
const policy = `default-src 'self'; script-src 'nonce-${nonce}' 'strict-dynamic'; style-src 'self' 'nonce-${nonce}'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; object-src 'none'`

async function file(dist: string, path: string, response: ServerResponse) {
  const name = extname(path) ? normalize(path) : '/index.html'
  const content = await readFile(join(dist, name)).catch(() => undefined)
  if (!content) return void response.writeHead(404).end()
  const html = name === '/index.html'
  response.writeHead(200, {
    'content-type': types[extname(name)] ?? 'application/octet-stream',
    ...(html ? { 'content-security-policy': policy } : {}),
  })
  response.end(html ? content.toString().replaceAll('__CSP_NONCE__', nonce) : content)
}
