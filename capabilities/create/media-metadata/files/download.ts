import { type LookupAddress, lookup as lookUp } from 'node:dns'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { type ClientRequest, get as getHttp, type IncomingMessage, type RequestOptions } from 'node:http'
import { get as getHttps } from 'node:https'
import { isIP } from 'node:net'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Reason } from '#capabilities/create/media-metadata/media-metadata.ts'
import { isPublic } from '#kernel/addresses.ts'

export interface DownloadLimits {
  maxBytes: number
  /** For the whole of it, redirects included. */
  timeoutMs: number
  allowsPrivate: boolean
}

export interface Downloaded {
  /** Null: the server says it is what we had (`If-None-Match`). */
  file: string | null
  etag: string | null
}

/** Why a link brought no file; `reason` is what the row says. */
export class Refusal extends Error {
  readonly reason: Reason
  constructor(reason: Reason, message: string) {
    super(message)
    this.reason = reason
  }
}

const MOST_REDIRECTS = 5
const IDLE_MS = 20_000

/**
 * Fetches a link into a file, bounded in time and bytes. Every host is looked up once and the connection goes to just
 * that address, after it was judged: a name that changes its mind between check and use changes nothing.
 * @throws Refusal
 */
export async function download(
  url: string,
  into: string,
  { maxBytes, timeoutMs, allowsPrivate }: DownloadLimits,
  { etag, signal }: { etag?: string | null; signal?: AbortSignal } = {},
): Promise<Downloaded> {
  const limit = AbortSignal.timeout(timeoutMs)
  const stop = signal ? AbortSignal.any([signal, limit]) : limit
  try {
    const reply = await followed(url, { stop, allowsPrivate, etag: etag ?? null })
    if (reply.statusCode === 304) return { file: null, etag: etag ?? null }
    if (Number(reply.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(reply, maxBytes)
    await pipeline(reply, bounded(maxBytes), createWriteStream(into), { signal: stop })
    return { file: into, etag: typeof reply.headers.etag === 'string' ? reply.headers.etag : null }
  } catch (error) {
    await rm(into, { force: true })
    if (error instanceof Refusal) throw error
    if (limit.aborted) throw new Refusal('timeout', `the download took longer than ${timeoutMs / 1000} s`)
    signal?.throwIfAborted()
    throw new Refusal('download', (error as Error).message)
  }
}

function tooLarge(reply: IncomingMessage, maxBytes: number): Refusal {
  reply.destroy()
  return new Refusal('too-large', `it has ${reply.headers['content-length']} bytes, ${maxBytes} are allowed`)
}

interface Way {
  stop: AbortSignal
  allowsPrivate: boolean
  etag: string | null
}

async function followed(first: string, way: Way): Promise<IncomingMessage> {
  let url = new URL(first)
  for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw new Refusal('address', `${url.protocol} is no protocol for a download`)
    const reply = await asked(url, way)
    const { statusCode = 0, headers } = reply
    if (statusCode === 200 || statusCode === 304) return reply
    reply.destroy()
    if (statusCode < 300 || statusCode > 399 || !headers.location)
      throw new Refusal(
        statusCode === 404 || statusCode === 410 ? 'missing' : 'download',
        `the server answered ${statusCode}`,
      )
    url = new URL(headers.location, url)
  }
  throw new Refusal('download', `more than ${MOST_REDIRECTS} redirects`)
}

function asked(url: URL, { stop, allowsPrivate, etag }: Way): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // An address written as such is never looked up.
  if (isIP(host) && !allowsPrivate && !isPublic(host)) throw closed(host)
  const options: RequestOptions = {
    signal: stop,
    timeout: IDLE_MS,
    agent: false,
    headers: {
      'user-agent': 'doubloon',
      accept: '*/*',
      ...(etag ? { 'if-none-match': etag } : {}),
    },
    lookup: (name, ask, done) => {
      lookUp(name, { ...ask, all: true }, (error, addresses: LookupAddress[]) => {
        if (error) return done(error, '', 0)
        const refused = allowsPrivate ? undefined : addresses.find(({ address }) => !isPublic(address))
        if (refused) return done(closed(name), '', 0)
        if (ask.all) return done(null, addresses as never, 0)
        done(null, addresses[0]!.address, addresses[0]!.family)
      })
    },
  }
  return new Promise((resolve, reject) => {
    const request: ClientRequest = (url.protocol === 'https:' ? getHttps : getHttp)(url, options, resolve)
    request.on('timeout', () => request.destroy(new Refusal('timeout', 'the server fell silent')))
    request.on('error', reject)
  })
}

const closed = (host: string) => new Refusal('address', `${host} is in a private network or on this machine`)

function bounded(maxBytes: number): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > maxBytes) done(new Refusal('too-large', `more than ${maxBytes} bytes came`))
      else done(null, chunk)
    },
  })
}
