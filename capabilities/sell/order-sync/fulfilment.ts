import { hash, randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { fullJitterMs } from '#kernel/backoff.ts'
import { type Clock, hours, minutes, seconds } from '#kernel/clock.ts'
import type { Consumer, Fact, NewFact } from '#kernel/fact-log.ts'
import {
  orderClosed,
  orderCreated,
  orderFinished,
  orderPaid,
  orderRefunded,
  orderShipped,
} from '#kernel/facts/order.ts'
import { fault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Tx } from '#kernel/ledger.ts'
import { turnstile } from '#kernel/turnstile.ts'
import type { Courier } from './courier.ts'

export const TOLD = [orderCreated, orderPaid, orderShipped, orderFinished, orderClosed, orderRefunded].map(
  ({ name }) => name,
)

export interface Subscriber {
  subscriberId: string
  name: string
  url: string
  kinds: string[]
  isPaused: boolean
  createdAtMs: number
}

export type DeliveryState = 'waiting' | 'done' | 'dead'

export interface DeliveryRow {
  deliveryId: string
  subscriberId: string
  messageId: string
  kind: string
  orderId: string
  state: DeliveryState
  tries: number
  replays: number
  reason: string | null
  toldAtMs: number
  nextAtMs: number
  doneAtMs: number | null
}

export interface Attempt {
  atMs: number
  tookMs: number
  status: number | null
  reason: string | null
}

/** A delivery that is ours for a while, with all that it takes. */
export interface Claimed {
  deliveryId: string
  workspaceId: WorkspaceId
  messageId: string
  url: string
  secret: string
  body: string
  tries: number
}

export interface Settled extends Attempt {
  deliveryId: string
  workspaceId: WorkspaceId
  state: DeliveryState
  nextAtMs: number
}

/**
 * Who is told of orders, and what became of it. At least once, under an id that stays the same; for one order and one
 * subscriber in the order in which it happened: the next waits until the one before is done or dead.
 */
export interface Fulfilment {
  subscribe(
    workspaceId: WorkspaceId,
    wish: Pick<Subscriber, 'name' | 'url' | 'kinds'> & { secret: string },
    actor: string,
  ): Promise<Subscriber>
  subscribers(workspaceId: WorkspaceId): Promise<Subscriber[]>
  change(
    workspaceId: WorkspaceId,
    subscriberId: string,
    wish: Partial<Pick<Subscriber, 'name' | 'url' | 'kinds' | 'isPaused'>>,
    actor: string,
  ): Promise<Subscriber | null>
  unsubscribe(workspaceId: WorkspaceId, subscriberId: string, actor: string): Promise<boolean>
  secretOf(workspaceId: WorkspaceId, subscriberId: string): Promise<string | null>
  /** Within the transaction of the facts' cursor: each fact once for each subscriber. */
  put(tx: Tx, messages: readonly Told[]): Promise<void>
  onWaiting(hear: () => void): Promise<() => void>
  claim(nowMs: number, holdMs: number, limit: number): Promise<Claimed[]>
  settle(settled: readonly Settled[]): Promise<void>
  list(
    workspaceId: WorkspaceId,
    ask: {
      limit: number
      before?: string | undefined
      state?: DeliveryState | undefined
      subscriberId?: string | undefined
      orderId?: string | undefined
    },
  ): Promise<DeliveryRow[]>
  attempts(workspaceId: WorkspaceId, deliveryId: string): Promise<Attempt[]>
  /** Puts all of a time (by when it was told) back, or one. Answers how many. */
  replay(
    workspaceId: WorkspaceId,
    which:
      | { deliveryId: string }
      | {
          fromMs: number
          untilMs: number
          subscriberId?: string | undefined
          state?: DeliveryState | undefined
        },
    actor: string,
  ): Promise<number>
  counts(workspaceId: WorkspaceId): Promise<Record<DeliveryState, number>>
  reseal(): Promise<number>
  prune(beforeMs: number): Promise<void>
}

export interface Told {
  workspaceId: WorkspaceId
  messageId: string
  kind: string
  orderId: string
  body: string
  toldAtMs: number
}

/** What a fact is as a message: the same fact has the same id, whoever tells it and how often. */
export function messageOf({ workspaceId, name, data, atMs }: NewFact): Told {
  const about = data as { orderId: string; shopId?: string; refundId?: string }
  const identity = [workspaceId, name, about.shopId, about.orderId, about.refundId].join(' ')
  return {
    workspaceId,
    messageId: `msg_${hash('sha256', identity, 'base64url').slice(0, 27)}`,
    kind: name,
    orderId: about.orderId,
    body: JSON.stringify({ type: name, timestamp: new Date(atMs).toISOString(), data }),
    toldAtMs: atMs,
  }
}

export const newSecret = (): string => `whsec_${randomBytes(24).toString('base64')}`

/** 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h …: the schedule that Standard Webhooks advises, with jitter. */
const WAITS_MS = [
  seconds(5),
  minutes(5),
  minutes(30),
  hours(2),
  hours(5),
  hours(10),
  hours(14),
  hours(20),
  hours(24),
]

export function waitMs(tries: number, scale: number): number {
  const most = WAITS_MS[Math.min(tries, WAITS_MS.length) - 1]! * scale
  return Math.floor(most / 2) + fullJitterMs(0, { baseMs: Math.ceil(most / 2), capMs: Math.ceil(most / 2) })
}

/** Facts become deliveries: what commits with the cursor is there once. */
export const fulfilmentConsumer = (fulfilment: Fulfilment): Consumer => ({
  group: 'order-sync/fulfilment',
  facts: TOLD,
  handle: (facts: readonly Fact[], tx) =>
    fulfilment.put(
      tx,
      // A bare payment of no shop is nobody's parcel.
      facts.filter(({ data }) => (data as { shopId?: string }).shopId).map(messageOf),
    ),
})

export interface DeliveryParts {
  fulfilment: Fulfilment
  courier: Courier
  clock: Clock
  maxTries: number
  /** Of the waits between attempts; below 1 for tests. */
  waitScale?: number
}

const HOLD_MS = seconds(60)
const AT_ONCE = 16

/** One round of deliveries; answers how many there were. */
export async function deliver(
  { fulfilment, courier, clock, maxTries, waitScale = 1 }: DeliveryParts,
  signal: AbortSignal,
): Promise<number> {
  const claimed = await fulfilment.claim(clock.now(), HOLD_MS, AT_ONCE * 4)
  const through = turnstile(AT_ONCE)
  await Promise.all(
    claimed.map((one) =>
      through(async () => {
        const nowMs = clock.now()
        const answer = await courier.bring({
          url: one.url,
          headers: headersOf(one, nowMs),
          body: one.body,
          signal,
        })
        // A try that we cut off ourselves at closing was none.
        if (answer.status === null && signal.aborted) return
        await fulfilment.settle([
          { ...one, ...answer, ...fateOf(one, answer, nowMs, maxTries, waitScale), atMs: nowMs },
        ])
      }),
    ),
  )
  return claimed.length
}

function fateOf(
  { tries }: Claimed,
  { reason, status, retryAfterMs }: Awaited<ReturnType<Courier['bring']>>,
  nowMs: number,
  maxTries: number,
  scale: number,
): Pick<Settled, 'state' | 'nextAtMs'> {
  if (reason === null) return { state: 'done', nextAtMs: nowMs }
  // 410 is the subscriber's word for "never again".
  if (tries + 1 >= maxTries || status === 410) return { state: 'dead', nextAtMs: nowMs }
  return { state: 'waiting', nextAtMs: nowMs + Math.max(retryAfterMs ?? 0, waitMs(tries + 1, scale)) }
}

function headersOf({ messageId, secret, body }: Claimed, nowMs: number): Record<string, string> {
  const at = new Date(nowMs)
  return {
    'content-type': 'application/json',
    'user-agent': 'Doubloon/0.1 (+webhooks)',
    'webhook-id': messageId,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(messageId, at, body),
  }
}

export function checkUrl(url: string): void {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol) || new URL(url).username)
    throw fault(
      'invalid',
      'order-sync/bad-url',
      'The address must be an http(s) URL without a password in it',
      { field: 'url' },
    )
}
