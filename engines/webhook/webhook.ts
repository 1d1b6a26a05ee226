import { lookup as resolve } from 'node:dns'
import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isLoopback, isPublic } from '#kernel/addresses.ts'

/** Which addresses inside our own network may be told: none, this machine, or all of them. */
export type PrivateTargets = 'never' | 'loopback' | 'any'

export interface WebhookPost {
  url: string
  headers: Record<string, string>
  body: string
  timeoutMs: number
  privateTargets: PrivateTargets
  signal?: AbortSignal | undefined
}

export interface WebhookAnswer {
  /** Null when nobody answered. */
  status: number | null
  tookMs: number
  /** Why it was not taken, in a sentence; null for 2xx. */
  reason: string | null
  retryAfterMs: number | null
}

export interface WebhookSender {
  /** Never throws: what went wrong is the answer. No redirects; what is answered beyond the status is not read. */
  post(post: WebhookPost): Promise<WebhookAnswer>
}

/** False for an address inside our own network, written in whatever way, where `allowed` does not let it be told. */
export const mayTell = (address: string, allowed: PrivateTargets): boolean =>
  allowed === 'any' || (allowed === 'loopback' && isLoopback(address)) || isPublic(address)

class Forbidden extends Error {}

/**
 * Posts webhooks to addresses that strangers typed in. The name is resolved once and the connection goes to that address, so
 * what was checked is what is told.
 */
export function webhookSender(): WebhookSender {
  return {
    post: ({ url, headers, body, timeoutMs, privateTargets, signal }) => {
      const fromMs = performance.now()
      const took = () => Math.round(performance.now() - fromMs)
      return new Promise<WebhookAnswer>((done) => {
        const failed = (reason: string) => done({ status: null, tookMs: took(), reason, retryAfterMs: null })
        const target = URL.canParse(url) ? new URL(url) : null
        if (!target || !/^https?:$/.test(target.protocol)) return failed('The address is no http(s) URL')
        const host = target.hostname.replace(/^\[|\]$/g, '')
        if (isIP(host) !== 0 && !mayTell(host, privateTargets)) return failed(FORBIDDEN)
        const limit = AbortSignal.timeout(timeoutMs)
        const ask = target.protocol === 'https:' ? tlsRequest : plainRequest
        const request = ask(target, {
          method: 'POST',
          headers: { ...headers, 'content-length': Buffer.byteLength(body) },
          lookup: guarded(privateTargets),
          signal: signal ? AbortSignal.any([signal, limit]) : limit,
          agent: false,
        })
        request.once('error', (error: NodeJS.ErrnoException) => {
          if (error instanceof Forbidden) failed(FORBIDDEN)
          else if (limit.aborted) failed(`No answer within ${timeoutMs} ms`)
          else failed(`No answer (${error.code ?? error.name})`)
        })
        request.once('response', (reply) => {
          const status = reply.statusCode ?? 0
          reply.destroy()
          const seconds = Number(reply.headers['retry-after'] ?? Number.NaN)
          done({
            status,
            tookMs: took(),
            reason: status >= 200 && status < 300 ? null : `It answered ${status}`,
            retryAfterMs: seconds >= 0 ? seconds * 1000 : null,
          })
        })
        request.end(body)
      })
    },
  }
}

const FORBIDDEN = 'The address lies in a private network'

const guarded =
  (allowed: PrivateTargets): LookupFunction =>
  (host, options, callback) =>
    resolve(host, { ...options, all: true }, (error, addresses) => {
      const good = (addresses ?? []).filter(({ address }) => mayTell(address, allowed))
      const [first] = good
      if (error || !first) return callback(error ?? new Forbidden(FORBIDDEN), '', 0)
      if (options.all) return callback(null, good)
      callback(null, first.address, first.family)
    })
