import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { isFault } from '#kernel/fault.ts'
import { mailbox } from './smtp.ts'

const message = {
  to: ['掌柜@example.cn', 'owner@example.com'],
  subject: '库存周报',
  text: 'see the picture',
  html: '<p>看图 <img src="cid:chart"></p>',
  attachments: [
    {
      filename: 'chart.png',
      content: Buffer.from('not really'),
      contentType: 'image/png',
      contentId: 'chart',
    },
  ],
  messageId: 'weekly-2026-48',
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'doubloon-mail-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function server(t: TestContext, refuse?: number) {
  const taken: string[] = []
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      stream.toArray().then((chunks) => {
        taken.push(Buffer.concat(chunks as Buffer[]).toString())
        done(refuse ? Object.assign(new Error('no'), { responseCode: refuse }) : null)
      })
    },
  })
  await new Promise<void>((ready) => smtp.listen(0, '127.0.0.1', ready))
  t.after(() => new Promise<void>((closed) => smtp.close(() => closed())))
  return { taken, url: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}` }
}

test('a mail reaches the server with its picture, its subject and its id', async (t) => {
  const { taken, url } = await server(t)
  const box = mailbox({ url, from: 'doubloon@example.com', folder: folder(t) })
  t.after(box.close)
  await box.send(message)
  assert.equal(taken.length, 1)
  assert.match(taken[0]!, /Message-ID: <weekly-2026-48@doubloon>/i)
  assert.match(taken[0]!, /Subject: =\?UTF-8\?B\?5bqT5a2Y5ZGo5oql\?=/)
  assert.match(taken[0]!, /Content-Id: <chart>/i)
})

test('without a server a mail is a file that a mail program opens', async (t) => {
  const path = folder(t)
  const box = mailbox({ url: '', from: 'doubloon@example.com', folder: path })
  await box.send(message)
  const [file, ...more] = readdirSync(path)
  assert.deepEqual(more, [])
  assert.match(readFileSync(join(path, file!), 'utf8'), /multipart\/related/)
})

test('a server that refuses is told from one that is away', async (t) => {
  const { url } = await server(t, 550)
  const refused = mailbox({ url, from: 'a@example.com', folder: folder(t) })
  t.after(refused.close)
  await assert.rejects(refused.send(message), (error) => isFault(error) && error.kind === 'invalid')
  const away = mailbox({ url: 'smtp://127.0.0.1:1', from: 'a@example.com', folder: folder(t) })
  await assert.rejects(away.send(message), (error) => isFault(error) && error.kind === 'unavailable')
})

test('what is no address is refused by name', async (t) => {
  const box = mailbox({ url: '', from: 'a@example.com', folder: folder(t) })
  for (const to of [[], ['nobody'], ['a@b\r\nBcc: c@d']])
    await assert.rejects(
      box.send({ ...message, to }),
      (error) => isFault(error) && error.code === 'mail/address',
    )
})
