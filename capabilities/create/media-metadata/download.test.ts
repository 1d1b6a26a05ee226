import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { download, Refusal } from './files/download.ts'
import { scratch } from './samples.fixture.ts'

const { folder, remove } = scratch()
const into = join(folder, 'file')
after(remove)

async function server(t: TestContext, answer: RequestListener): Promise<string> {
  const http = createServer(answer)
  await new Promise<void>((ready) => http.listen(0, '127.0.0.1', ready))
  t.after(() => {
    http.closeAllConnections()
    http.close()
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

const limits = { maxBytes: 1_000, timeoutMs: 10_000, allowsPrivate: true }
const refusedAs = (reason: string) => (error: unknown) => error instanceof Refusal && error.reason === reason

describe('a link is fetched', { timeout: 30_000 }, () => {
  test('into a file, over redirects, with its ETag; the next time one question is enough', async (t) => {
    const url = await server(t, (request, reply) => {
      if (request.url === '/old') return reply.writeHead(302, { location: '/new' }).end()
      if (request.headers['if-none-match'] === '"a"') return reply.writeHead(304).end()
      reply.writeHead(200, { etag: '"a"' }).end('film')
    })
    assert.deepEqual(await download(`${url}/old`, into, limits), { file: into, etag: '"a"' })
    assert.equal(readFileSync(into, 'utf8'), 'film')
    assert.deepEqual(await download(`${url}/new`, into, limits, { etag: '"a"' }), { file: null, etag: '"a"' })
  })

  test('never larger than allowed, whether the server says so or not; nothing of it stays', async (t) => {
    const url = await server(t, (request, reply) => {
      if (request.url === '/said')
        return reply.writeHead(200, { 'content-length': '5000' }).end(Buffer.alloc(5_000))
      reply.writeHead(200)
      for (let i = 0; i < 50; i++) reply.write(Buffer.alloc(100))
      reply.end()
    })
    for (const path of ['/said', '/unsaid'])
      await assert.rejects(download(url + path, into, limits), refusedAs('too-large'), path)
    assert.equal(existsSync(into), false)
  })

  test('never longer than allowed', async (t) => {
    const url = await server(t, (_request, reply) => void reply.writeHead(200).write('a'))
    await assert.rejects(download(url, into, { ...limits, timeoutMs: 300 }), refusedAs('timeout'))
  })

  test('what is not there, what goes round in circles, what breaks off', async (t) => {
    const url = await server(t, (request, reply) => {
      if (request.url === '/gone') return reply.writeHead(404).end()
      if (request.url === '/round') return reply.writeHead(302, { location: '/round' }).end()
      reply.writeHead(200, { 'content-length': '10' })
      reply.write('abc', () => reply.destroy())
    })
    await assert.rejects(download(`${url}/gone`, into, limits), refusedAs('missing'))
    await assert.rejects(download(`${url}/round`, into, limits), refusedAs('download'))
    await assert.rejects(download(`${url}/broken`, into, limits), refusedAs('download'))
  })
})

describe('a link of a stranger reaches no private address', { timeout: 30_000 }, () => {
  const strict = { ...limits, allowsPrivate: false }
  test('written as a number, as a name, in another protocol', async (t) => {
    let asked = 0
    const url = await server(t, (_request, reply) => {
      asked++
      reply.end('secret')
    })
    const port = new URL(url).port
    for (const host of [
      '127.0.0.1',
      'localhost',
      '[::1]',
      '2130706433',
      '0x7f.1',
      '[::ffff:127.0.0.1]',
      '169.254.169.254',
      '0',
    ])
      await assert.rejects(download(`http://${host}:${port}/`, into, strict), refusedAs('address'), host)
    await assert.rejects(download('file:///etc/passwd', into, limits), refusedAs('address'))
    assert.equal(asked, 0)
  })

  test('not by a redirect either', async (t) => {
    const url = await server(
      t,
      (_request, reply) => void reply.writeHead(302, { location: 'ftp://127.0.0.1/a' }).end(),
    )
    await assert.rejects(download(url, into, limits), refusedAs('address'))
  })
})
