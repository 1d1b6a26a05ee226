import { hash } from 'node:crypto'
import type { Clock } from '#kernel/clock.ts'
import { fault } from '#kernel/fault.ts'
import type { App as Http } from '#kernel/http.ts'
import { HOUSE } from '#kernel/id.ts'
import type { ConflictKind, Conflicts } from './conflicts.ts'
import type { App, Gateway } from './gateway.ts'
import type { Inbox } from './inbox.ts'
import { type Message, PROBE_TAG, printable, REPLY, readPush, UNREADABLE_TAG } from './push.ts'
import type { Shops } from './shops.ts'

const BODY_LIMIT_BYTES = 1_048_576
const KEEP_HEAD_BYTES = 2_000

export interface IntakeParts {
  inbox: Inbox
  conflicts: Conflicts
  shops: Shops
  gateway: Gateway
  app: App
  clock: Clock
}

/**
 * `POST push/:shopId`: signature over the raw bytes, then durable before the reply. What it says is read where it takes
 * effect. A scope of its own: only here is a body left as it came.
 */
export function intake({ inbox, conflicts, shops, gateway, app, clock }: IntakeParts) {
  return (scope: Http): void => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: BODY_LIMIT_BYTES },
      (_request, body, done) => done(null, body),
    )
    scope.post<{ Params: { shopId: string } }>(
      '/push/:shopId',
      {
        config: { access: 'public' },
        bodyLimit: BODY_LIMIT_BYTES,
        schema: {
          summary: 'Where the platform tells us what happened to orders',
          description:
            'Signed by `event-sign`; the raw body is stored before the answer, which is `{"code":0,"msg":"success"}`. 401 if it was not signed by the platform, 404 for a shop that is not connected.',
        },
      },
      async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
        const shopId = request.params.shopId.slice(0, 40)
        const workspaceId = await shops.ownerOf(shopId)
        const refused = (kind: ConflictKind, reason: string) =>
          conflicts.add({
            workspaceId: workspaceId ?? HOUSE,
            shopId,
            kind,
            atMs: clock.now(),
            reason,
            remote: request.ip,
            head: printable(body.toString('utf8', 0, KEEP_HEAD_BYTES)),
          })
        if (!gateway.isSigned(app, body, request.headers)) {
          refused('forged', request.headers['event-sign'] ? 'wrong signature' : 'no signature')
          throw fault('denied', 'order-sync/signature', 'The signature is not right', { status: 401 })
        }
        const messages = readPush(body.toString()) ?? [unreadable(body)]
        const real = messages.filter(({ tag }) => tag !== PROBE_TAG)
        if (real.length === 0) return reply.type('application/json').send(REPLY)
        if (!workspaceId) {
          refused('unknown-shop', 'Nobody here has connected this shop')
          throw fault('missing', 'order-sync/unknown-shop', 'This shop is not connected', {
            cure: 'Connect it on the page of orders; what was pushed meanwhile is pulled then.',
          })
        }
        await inbox.accept({ workspaceId, shopId, body, remote: request.ip, messages: real })
        return reply.type('application/json').send(REPLY)
      },
    )
  }
}

/** Signed by the platform, and nobody knows what it says: it is kept whole, and a person is told. */
const unreadable = (body: Buffer): Message => ({
  nth: -1,
  msgId: hash('sha1', body),
  tag: UNREADABLE_TAG,
  version: '',
  orderId: '',
  data: '',
})
