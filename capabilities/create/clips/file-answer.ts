import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fault } from '#kernel/fault.ts'

const TYPES: Record<string, string> = {
  '.webm': 'video/webm',
  '.mov': 'video/quicktime',
  '.mkv': 'video/x-matroska',
}

/** Sends a video so that a player can jump in it: one range, or all of it (RFC 9110, section 14). */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  saveAs?: string,
): Promise<FastifyReply> {
  const info = await stat(path).catch(() => null)
  if (!info?.isFile()) throw fault('missing', 'clips/file-gone', 'The file is not there any more')
  const { size } = info
  reply
    .type(TYPES[extname(path).toLowerCase()] ?? 'video/mp4')
    .header('accept-ranges', 'bytes')
    .header('cache-control', 'private, no-cache')
  if (saveAs)
    reply.header(
      'content-disposition',
      `attachment; filename*=UTF-8''${encodeURIComponent(basename(saveAs))}`,
    )
  const asked = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '')
  if (!asked || (!asked[1] && !asked[2])) {
    return reply.header('content-length', size).send(createReadStream(path))
  }
  const start = asked[1] ? Number(asked[1]) : Math.max(0, size - Number(asked[2]))
  const end = asked[1] && asked[2] ? Math.min(size - 1, Number(asked[2])) : size - 1
  if (start > end || start >= size) return reply.code(416).header('content-range', `bytes */${size}`).send()
  return reply
    .code(206)
    .header('content-range', `bytes ${start}-${end}/${size}`)
    .header('content-length', end - start + 1)
    .send(createReadStream(path, { start, end }))
}

/** Files as one .tar, made while it is sent. Source: POSIX.1-2001 pax; names longer than ASCII stand in a pax record. */
export function tarOf(files: readonly { name: string; path: string }[]): Readable {
  return Readable.from(blocks(files))
}

const BLOCK = 512

async function* blocks(files: readonly { name: string; path: string }[]): AsyncGenerator<Buffer> {
  for (const { name, path } of files) {
    const info = await stat(path).catch(() => null)
    if (!info?.isFile()) continue
    const record = paxRecord('path', name)
    yield head('pax', Buffer.byteLength(record), 'x', info.mtimeMs)
    yield padded(Buffer.from(record))
    yield head(name.replace(/[^\x20-\x7e]/g, '_').slice(-90), info.size, '0', info.mtimeMs)
    let sent = 0
    for await (const chunk of createReadStream(path, { end: Math.max(0, info.size - 1) })) {
      sent += (chunk as Buffer).length
      yield chunk as Buffer
    }
    yield Buffer.alloc((BLOCK - (sent % BLOCK)) % BLOCK)
  }
  yield Buffer.alloc(2 * BLOCK)
}

const padded = (bytes: Buffer) =>
  Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)])

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = Buffer.byteLength(rest)
  while (Buffer.byteLength(`${length}${rest}`) !== length) length = Buffer.byteLength(`${length}${rest}`)
  return `${length}${rest}`
}

function head(name: string, size: number, type: 'x' | '0', modifiedMs: number): Buffer {
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, digits: number) =>
    block.write(
      `${Math.floor(value)
        .toString(8)
        .padStart(digits - 1, '0')}\0`,
      at,
      'latin1',
    )
  block.write(name, 0, 'latin1')
  octal(0o644, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(modifiedMs / 1000, 136, 12)
  block.fill(' ', 148, 156)
  block.write(type, 156, 'latin1')
  block.write('ustar\u000000', 257, 'latin1')
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  )
  return block
}
