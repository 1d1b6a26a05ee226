import { createHash } from 'node:crypto'
import type { Clock } from '#sandbox/clock.ts'
import type { FaultBox } from '#sandbox/faults.ts'
import { hexOf } from '#sandbox/random.ts'
import { logIdOf } from './envelope.ts'

export type WebhookEvent = {
  event: string
  from: string
  to: string
  content: unknown
  /** What the event is about: the same entity and action always get the same Msg-Id. */
  entity: string
}
export type SendOptions = { signature?: 'wrong' | 'none'; msgId?: string }
type Attempt = { atMs: number; status: number; tookMs: number; error?: string }
type DeliveryState = 'pending' | 'delivered' | 'failed' | 'dropped' | 'no-target' | 'overflow'
type LedgerEntry = {
  nth: number
  msgId: string
  event: string
  body: string
  atMs: number
  state: DeliveryState
  faults: string[]
  attempts: Attempt[]
}
export type Webhooks = ReturnType<typeof webhookSender>
type Settings = {
  seed: number
  clientKey: string
  clientSecret: string
  clock: Clock
  faults: FaultBox
  /** Waits before the second and the third try; the platform does not state its own. */
  retryDelaysMs: number[]
  timeoutMs: number
}
type Job = { entry: LedgerEntry; signature: string; tries: number }

const ledgerKept = 20_000
const queueLimit = 200_000
const inFlightLimit = 64
const reorderFlushMs = 400
const challengeEveryMs = 2_000

/** `X-Douyin-Signature`: lower-case hex sha1 of the client secret followed by the raw body. */
export const webhookSignature = (clientSecret: string, body: string | Buffer): string =>
  createHash('sha1').update(clientSecret).update(body).digest('hex')

// These come as JSON text inside the JSON; the others as an object (protocol notes 4.3, 4.4).
const contentAsText = /^(new_follow_action|new_video_digg|im_)/

/** Signs and posts events, up to three tries each, and keeps a bounded ledger of all that happened. */
export function webhookSender(settings: Settings) {
  const { seed, clientKey, clientSecret, clock, faults } = settings
  let target: string | undefined
  let verified = false
  let nth = 0
  let inFlight = 0
  let ledger: LedgerEntry[] = []
  let counts: Record<string, number> = {}
  let held: Job[] = []
  const queue: Job[] = []
  const timers = new Set<NodeJS.Timeout>()
  const stop = new AbortController()

  function later(ms: number, work: () => void) {
    const timer = setTimeout(() => {
      timers.delete(timer)
      work()
    }, ms)
    timers.add(timer)
  }
  function count(name: string, by = 1) {
    counts[name] = (counts[name] ?? 0) + by
  }
  function settle(entry: LedgerEntry, state: DeliveryState) {
    // A doubled delivery must not turn a delivered event into a failed one.
    if (entry.state === 'delivered') return
    if (entry.state !== 'pending') count(entry.state, -1)
    entry.state = state
    count(state)
  }

  async function post(body: string, msgId: string, signature: string) {
    const startedMs = performance.now()
    const headers: Record<string, string> = { 'content-type': 'application/json', 'Msg-Id': msgId }
    if (signature !== '') headers['X-Douyin-Signature'] = signature
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(settings.timeoutMs)])
    const took = () => Math.round(performance.now() - startedMs)
    try {
      const reply = await fetch(target!, { method: 'POST', headers, body, signal, redirect: 'manual' })
      const text = await reply.text()
      return { text, attempt: { atMs: clock.now(), status: reply.status, tookMs: took() } }
    } catch (error) {
      const reason = error instanceof Error ? error.name : 'error'
      return { text: '', attempt: { atMs: clock.now(), status: 0, tookMs: took(), error: reason } }
    }
  }

  function enqueue(job: Job) {
    if (queue.length >= queueLimit) return settle(job.entry, 'overflow')
    queue.push(job)
    pump()
  }
  function pump() {
    while (inFlight < inFlightLimit && queue.length > 0) void deliver(queue.shift()!)
  }
  async function deliver(job: Job) {
    const { entry } = job
    if (!target) return settle(entry, 'no-target')
    inFlight++
    const { attempt } = await post(entry.body, entry.msgId, job.signature)
    inFlight--
    entry.attempts.push(attempt)
    count('attempts')
    job.tries++
    if (attempt.status === 200) settle(entry, 'delivered')
    else if (job.tries > settings.retryDelaysMs.length) settle(entry, 'failed')
    else if (!stop.signal.aborted) later(settings.retryDelaysMs[job.tries - 1]!, () => enqueue(job))
    pump()
  }

  function releaseHeld() {
    const jobs = held
    held = []
    for (const job of jobs) enqueue(job)
  }
  function schedule(job: Job) {
    const luck = faults.webhook()
    const copies = luck.double ? [job, { ...job }] : [job]
    job.entry.faults = Object.entries(luck).flatMap(([name, value]) => (value ? [name] : []))
    if (luck.drop) return settle(job.entry, 'dropped')
    if (luck.reorder) {
      held.push(...copies)
      return later(reorderFlushMs, releaseHeld)
    }
    for (const copy of copies) luck.delayMs > 0 ? later(luck.delayMs, () => enqueue(copy)) : enqueue(copy)
    // What was held back goes out behind this one: that is the reordering.
    if (held.length > 0) later(luck.delayMs, releaseHeld)
  }

  function send(event: WebhookEvent, options: SendOptions = {}): LedgerEntry {
    const entry: LedgerEntry = {
      nth: nth++,
      msgId:
        options.msgId ?? hexOf(`msg/${seed}/${event.event}/${event.from}/${event.to}/${event.entity}`, 32),
      event: event.event,
      body: bodyOf(event),
      atMs: clock.now(),
      state: 'pending',
      faults: [],
      attempts: [],
    }
    ledger.push(entry)
    if (ledger.length > ledgerKept * 1.1) ledger = ledger.slice(-ledgerKept)
    count('generated')
    if (!target || !verified) settle(entry, 'no-target')
    else schedule({ entry, signature: signatureOf(entry.body, options.signature), tries: 0 })
    return entry
  }

  function bodyOf(event: WebhookEvent): string {
    return JSON.stringify({
      event: event.event,
      client_key: clientKey,
      from_user_id: event.from,
      to_user_id: event.to,
      content: contentAsText.test(event.event) ? JSON.stringify(event.content) : event.content,
      log_id: logIdOf(seed, nth, clock.now()),
    })
  }
  function signatureOf(body: string, kind?: 'wrong' | 'none'): string {
    if (kind === 'none') return ''
    return webhookSignature(kind === 'wrong' ? `not-${clientSecret}` : clientSecret, body)
  }

  /** The platform's own check of a new URL: it must give the challenge back. */
  async function challenge(): Promise<{ verified: boolean; answer: string }> {
    const url = target
    const number = 10_000 + (parseInt(hexOf(`challenge/${seed}/${nth++}`, 6), 16) % 90_000)
    const body = JSON.stringify({
      event: 'verify_webhook',
      client_key: clientKey,
      content: { challenge: number },
    })
    const { text, attempt } = await post(body, hexOf(body, 32), webhookSignature(clientSecret, body))
    const good = attempt.status === 200 && echoes(text, number)
    if (url === target) verified = good
    return {
      verified: good,
      answer: good ? text : (attempt.error ?? `${attempt.status} ${text.slice(0, 200)}`),
    }
  }
  async function challengeAgain(url: string) {
    if (stop.signal.aborted || verified || url !== target) return
    await challenge()
    if (!verified) later(challengeEveryMs, () => void challengeAgain(url))
  }

  return {
    send,
    status: () => ({
      url: target ?? null,
      verified,
      queued: queue.length + held.length + timers.size,
      inFlight,
    }),
    counts: () => counts,
    /** Latest entries, oldest first. */
    ledger: (limit: number) => ledger.slice(-limit),
    clearLedger() {
      ledger = []
      counts = {}
    },
    /** Set the URL and verify it; while it does not verify, ask again every two seconds. */
    async setTarget(url: string | undefined) {
      target = url
      verified = false
      if (!url) return { verified: false, answer: 'no url' }
      const result = await challenge()
      if (!result.verified && !stop.signal.aborted) later(challengeEveryMs, () => void challengeAgain(url))
      return result
    },
    /** Send `total` events made by `make` at a steady rate; gives back at once. */
    burst(total: number, ratePerSecond: number, make: (nth: number) => WebhookEvent) {
      const startedMs = performance.now()
      let sent = 0
      const step = () => {
        const due = Math.min(total, Math.ceil(((performance.now() - startedMs + 10) / 1000) * ratePerSecond))
        while (sent < due) send(make(sent++))
        if (sent < total && !stop.signal.aborted) later(10, step)
      }
      step()
    },
    close() {
      stop.abort()
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
      queue.length = 0
    },
  }
}

function echoes(text: string, challenge: number): boolean {
  try {
    return Number(JSON.parse(text).challenge) === challenge
  } catch {
    return false
  }
}
