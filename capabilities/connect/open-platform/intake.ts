import { hash } from 'node:crypto'
import type { Clock } from '#kernel/clock.ts'
import { fault } from '#kernel/fault.ts'
import type { App as Http } from '#kernel/http.ts'
import type { Inbox } from './inbox.ts'
import type { App, Wire } from './wire.douyin.ts'

const BODY_LIMIT_BYTES = 1_048_576
const KEEP_HEAD_CHARS = 4_000

export interface IntakeParts {
  inbox: Inbox
  wire: Wire
  app: App
  clock: Clock
}

/**
 * `POST webhook`: signature over the raw bytes, challenge, then durable before the 200. Everything else happens later.
 * It lives in its own scope: only here is a body left as it came.
 */
export function intake({ inbox, wire, app, clock }: IntakeParts) {
  return (scope: Http): void => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: BODY_LIMIT_BYTES },
      (_request, body, done) => done(null, body),
    )
    scope.post(
      '/webhook',
      {
        config: { access: 'public' },
        bodyLimit: BODY_LIMIT_BYTES,
        schema: {
          summary: 'Where the platform tells us what happened',
          description:
            'Signed by `X-Douyin-Signature`; the raw body is stored before the answer. 401 if it was not signed by the platform.',
        },
      },
      async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
        const signature = String(request.headers['x-douyin-signature'] ?? '')
        const msgId = String(request.headers['msg-id'] ?? '').slice(0, 200)
        if (!wire.isSigned(app, body, signature)) {
          inbox.reject({
            atMs: clock.now(),
            reason: signature ? 'wrong signature' : 'no signature',
            signature: signature.slice(0, 100),
            msgId,
            remote: request.ip,
            bodyHead: body.toString('utf8', 0, KEEP_HEAD_CHARS).replaceAll('\0', '\uFFFD'),
          })
          throw fault('denied', 'open-platform/signature', 'The signature is not right', { status: 401 })
        }
        if (body.includes('verify_webhook')) {
          const webhook = wire.readWebhook(body.toString())
          if (webhook?.event === 'verify_webhook') {
            return { challenge: (webhook.content as { challenge?: unknown } | null)?.challenge ?? null }
          }
        }
        // What it says is read later, where it takes effect: until the answer, being durable is all that counts.
        await inbox.accept({
          clientKey: app.clientKey,
          // Without an id the same bytes are the same message.
          msgId: msgId || hash('sha1', body),
          body,
        })
        return reply.send('')
      },
    )
  }
}
