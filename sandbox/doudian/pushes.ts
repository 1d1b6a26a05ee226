import type { Clock } from '#sandbox/clock.ts'
import { shanghaiIso } from '#sandbox/clock.ts'
import type { FaultBox } from '#sandbox/faults.ts'
import { chanceOf } from '#sandbox/random.ts'
import { forgedFrom, type Message } from './messages.ts'
import { eventSign, type SignMethod } from './signing.ts'

type Attempt = { atMs: number; status: number; tookMs: number; error?: string }
type PushState =
  | 'pending'
  | 'delivered'
  | 'failed'
  | 'dropped'
  | 'no-target'
  | 'overflow'
  | 'forged'
  | 'forged-accepted'
type Entry = {
  nth: number
  shopId: string
  orderId: string
  msgId: string
  tag: string
  data: string
  atMs: number
  state: PushState
  faults: string[]
  attempts: Attempt[]
}
type Job = { entry: Entry; message: Message; tries: number; forged: boolean }
export type SignChoice = SignMethod | 'mixed'
type Target = {
  url: string
  sign: SignChoice
  verified: boolean
  answer: string
  queue: Job[]
  ended: boolean
}
export type RawPush = { body: string; sign: 'right' | 'wrong' | 'none'; variant: SignMethod }
export type PushSender = ReturnType<typeof pushSender>
type Parts = {
  appKey: string
  appSecret: string
  clock: Clock
  faults: FaultBox
  timeoutMs: number
  retryDelaysMs: number[]
}

const ledgerKept = 20_000
const queueLimit = 500_000
const inFlightLimit = 32
const perPush = 10
const reorderFlushMs = 400
const probeEveryMs = 2_000

/** Signs and posts messages, up to three tries each, and keeps a bounded ledger of all that happened. */
export function pushSender({ appKey, appSecret, clock, faults, timeoutMs, retryDelaysMs }: Parts) {
  const targets = new Map<string, Target>()
  let forAll: { url: string; sign: SignChoice } | undefined
  let ledger: Entry[] = []
  let counts: Record<string, number> = {}
  let nth = 0
  let inFlight = 0
  let queued = 0
  let held: { target: Target; job: Job }[] = []
  const timers = new Set<NodeJS.Timeout>()
  const stop = new AbortController()

  function later(ms: number, work: () => void) {
    if (stop.signal.aborted) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      work()
    }, ms)
    timers.add(timer)
  }
  const count = (name: string, by = 1) => {
    counts[name] = (counts[name] ?? 0) + by
  }
  function settle(entry: Entry, state: PushState) {
    // A doubled delivery must not turn a delivered message into a failed one.
    if (entry.state === 'delivered') return
    if (entry.state !== 'pending') count(entry.state, -1)
    entry.state = state
    count(state)
  }

  async function post(url: string, { body, sign, variant }: RawPush) {
    const startedMs = performance.now()
    const headers: Record<string, string> = { 'content-type': 'application/json', 'app-id': appKey }
    const secret = sign === 'wrong' ? `not-${appSecret}` : appSecret
    if (sign !== 'none') headers['event-sign'] = eventSign(appKey, secret, body, variant)
    if (variant === 'hmac-sha256') headers['sign-method'] = variant
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(timeoutMs)])
    const attempt = (status: number, error?: string): Attempt => ({
      atMs: clock.now(),
      status,
      tookMs: Math.round(performance.now() - startedMs),
      ...(error && { error }),
    })
    try {
      const reply = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
      return { text: await reply.text(), attempt: attempt(reply.status) }
    } catch (error) {
      return { text: '', attempt: attempt(0, error instanceof Error ? error.name : 'error') }
    }
  }
  const variantFor = (choice: SignChoice, name: string): SignMethod =>
    choice !== 'mixed' ? choice : chanceOf(`variant/${name}`) < 0.5 ? 'md5' : 'hmac-sha256'

  function pump(target: Target) {
    while (inFlight < inFlightLimit && target.queue.length > 0 && !stop.signal.aborted) {
      const size = target.queue[0]!.forged ? 1 : target.queue.slice(0, perPush).findIndex((job) => job.forged)
      void deliver(target, target.queue.splice(0, size < 0 ? perPush : size))
    }
  }
  async function deliver(target: Target, jobs: Job[]) {
    queued -= jobs.length
    inFlight++
    const forged = jobs[0]!.forged
    const body = JSON.stringify(jobs.map((job) => job.message))
    const variant = variantFor(target.sign, jobs[0]!.message.msg_id)
    const { text, attempt } = await post(target.url, { body, sign: forged ? 'wrong' : 'right', variant })
    inFlight--
    count('posts')
    const taken = attempt.status === 200 && isSuccess(text)
    for (const job of jobs) end(target, job, attempt, taken)
    for (const one of new Set([target, ...targets.values()])) pump(one)
  }
  function end(target: Target, job: Job, attempt: Attempt, taken: boolean) {
    const { entry } = job
    entry.attempts.push(attempt)
    job.tries++
    if (job.forged) return settle(entry, taken ? 'forged-accepted' : 'forged')
    if (taken) return settle(entry, 'delivered')
    if (job.tries > retryDelaysMs.length || target.ended) return settle(entry, 'failed')
    later(retryDelaysMs[job.tries - 1]!, () => enqueue(target, job))
  }
  function enqueue(target: Target, job: Job) {
    if (queued >= queueLimit) return settle(job.entry, 'overflow')
    queued++
    target.queue.push(job)
    // After this turn, so that what happens together may travel together.
    queueMicrotask(() => pump(target))
  }
  function releaseHeld() {
    const jobs = held
    held = []
    for (const { target, job } of jobs) enqueue(target, job)
  }

  function schedule(target: Target, job: Job) {
    const luck = faults.webhook()
    job.entry.faults = Object.entries(luck).flatMap(([name, value]) => (value ? [name] : []))
    if (faults.forged()) forge(target, job)
    if (luck.drop) return settle(job.entry, 'dropped')
    const copies = luck.double ? [job, { ...job }] : [job]
    if (luck.reorder) {
      held.push(...copies.map((copy) => ({ target, job: copy })))
      return later(reorderFlushMs, releaseHeld)
    }
    for (const copy of copies) {
      if (luck.delayMs > 0) later(luck.delayMs, () => enqueue(target, copy))
      else enqueue(target, copy)
    }
    // What was held back goes out behind this one: that is the reordering.
    if (held.length > 0) later(luck.delayMs, releaseHeld)
  }
  function forge(target: Target, job: Job) {
    const message = forgedFrom(job.message)
    const entry = record(job.entry.shopId, job.entry.orderId, message)
    entry.faults = ['forge']
    enqueue(target, { entry, message, tries: 0, forged: true })
  }
  function record(shopId: string, orderId: string, message: Message): Entry {
    const { msg_id: msgId, tag, data } = message
    const made = { nth: nth++, shopId, orderId, msgId, tag, data, atMs: clock.now() }
    const entry: Entry = { ...made, state: 'pending', faults: [], attempts: [] }
    ledger.push(entry)
    if (ledger.length > ledgerKept * 1.1) ledger = ledger.slice(-ledgerKept)
    count('messages')
    return entry
  }

  /** The platform's own check of a new URL; again every two seconds until it answers as it must. */
  async function probe(target: Target): Promise<void> {
    const body = JSON.stringify([{ tag: '0', msg_id: '0', data: shanghaiIso(clock.now()) }])
    const variant = variantFor(target.sign, target.url)
    const { text, attempt } = await post(target.url, { body, sign: 'right', variant })
    target.verified = attempt.status === 200 && isSuccess(text)
    target.answer = attempt.error ?? `${attempt.status} ${text.slice(0, 200)}`
    if (!target.verified && !target.ended) later(probeEveryMs, () => void probe(target))
  }
  function open(shopId: string, url: string, sign: SignChoice): Target {
    forget(shopId)
    const filled = url.replaceAll('{shopId}', shopId)
    const target: Target = { url: filled, sign, verified: false, answer: '', queue: [], ended: false }
    targets.set(shopId, target)
    return target
  }
  function forget(shopId: string) {
    const target = targets.get(shopId)
    if (!target) return
    target.ended = true
    queued -= target.queue.length
    for (const job of target.queue.splice(0)) settle(job.entry, 'no-target')
    targets.delete(shopId)
  }
  function targetOf(shopId: string): Target | undefined {
    const known = targets.get(shopId)
    if (known || !forAll) return known
    const target = open(shopId, forAll.url, forAll.sign)
    void probe(target)
    return target
  }

  return {
    tell(shopId: string, orderId: string, message: Message): Entry {
      const entry = record(shopId, orderId, message)
      const target = targetOf(shopId)
      if (target?.verified) schedule(target, { entry, message, tries: 0, forged: false })
      else settle(entry, 'no-target')
      return entry
    },
    /** Sets where the messages of these shops go and probes it. */
    async setTarget(url: string | null, sign: SignChoice, shopIds: string[], all: boolean) {
      if (all) {
        forAll = url === null ? undefined : { url, sign }
        for (const shopId of [...targets.keys()]) forget(shopId)
      }
      if (url === null) {
        for (const shopId of shopIds) forget(shopId)
        return { verified: false, answer: 'no url' }
      }
      const opened = shopIds.map((shopId) => open(shopId, url, sign))
      await Promise.all(opened.map(probe))
      const bad = opened.find((target) => !target.verified)
      return { verified: opened.length > 0 && !bad, answer: (bad ?? opened[0])?.answer ?? 'no shop yet' }
    },
    /** Exactly this, once. */
    async sendRaw(shopId: string, raw: RawPush) {
      const target = targetOf(shopId)
      if (!target) return { status: 0, body: 'no target' }
      const { text, attempt } = await post(target.url, raw)
      return { status: attempt.status, body: text }
    },
    targetUrl: (shopId: string) => targets.get(shopId)?.url ?? null,
    isVerified: (shopId: string) => targets.get(shopId)?.verified ?? false,
    status: () => ({ queued: queued + held.length, waiting: timers.size, inFlight, counts }),
    /** Latest entries, oldest first. */
    ledger: (limit: number, shopId?: string) =>
      ledger.filter((entry) => !shopId || entry.shopId === shopId).slice(-limit),
    clearLedger() {
      ledger = []
      counts = {}
    },
    /** `make` is asked for the next message until it has none, at a steady rate. */
    stream(ratePerSecond: number, next: () => (() => void) | undefined) {
      const startedMs = performance.now()
      let sent = 0
      const step = () => {
        const due = ((performance.now() - startedMs + 10) / 1000) * ratePerSecond
        while (sent < due) {
          const send = next()
          if (!send) return
          send()
          sent++
        }
        later(10, step)
      }
      step()
    },
    close() {
      stop.abort()
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    },
  }
}

/** The only answer that counts. */
function isSuccess(text: string): boolean {
  try {
    const { code, msg } = JSON.parse(text)
    return code === 0 && msg === 'success'
  } catch {
    return false
  }
}
