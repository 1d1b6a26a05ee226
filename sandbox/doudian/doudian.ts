import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '#sandbox/clock.ts'
import type { Drift } from '#sandbox/douyin/envelope.ts'
import type { FaultBox } from '#sandbox/faults.ts'
import type { requestCounter } from '#sandbox/requests.ts'
import { doudianControl } from './control.ts'
import { gatewayRoutes } from './gateway.ts'
import { messageOf } from './messages.ts'
import { pushSender } from './pushes.ts'
import { type BookState, shopBook } from './shop-book.ts'
import { type Pair, tokenBook } from './tokens.ts'

type Parts = {
  seed: number
  appKey: string
  appSecret: string
  clock: Clock
  live: boolean
  faults: FaultBox
  requests: ReturnType<typeof requestCounter>
  drift: Drift
  pushTimeoutMs: number
  pushRetryDelaysMs: number[]
  /** The file beside which ours is kept. */
  stateFile: string | undefined
}
type State = { book?: BookState; tokens?: Pair[] }

const gatewayBodyBytes = 4 * 1024 * 1024
const controlBodyBytes = 4 * 1024 * 1024 * 1024

/** Doudian's gateway, its pushes and its control, on the sandbox's server. */
export function mountDoudian(app: FastifyInstance, parts: Parts) {
  const { seed, appKey, appSecret, clock, live, faults } = parts
  const path = parts.stateFile && join(dirname(parts.stateFile), 'doudian-state.json')
  const state = read(path)
  const keep = (change: State) => write(path, Object.assign(state, change))
  const pushes = pushSender({
    appKey,
    appSecret,
    clock,
    faults,
    timeoutMs: parts.pushTimeoutMs,
    retryDelaysMs: parts.pushRetryDelaysMs,
  })
  const book = shopBook({
    seed,
    clock,
    live,
    state: state.book,
    save: (kept) => keep({ book: kept }),
    tell: (shop, one) => void pushes.tell(shop.shopId, one.order.orderId, messageOf(shop.shopId, one)),
  })
  const drift = remembered(parts.drift)
  const tokens = tokenBook(seed, clock, state.tokens ?? [], (pairs) => keep({ tokens: pairs }))

  // Scopes of their own: here the text of a body is what was signed, and a file of orders is read as it comes.
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: gatewayBodyBytes }, asItCame)
    gatewayRoutes(scope, { ...parts, drift, book, tokens })
  })
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/x-ndjson', { bodyLimit: controlBodyBytes }, asItCame)
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: controlBodyBytes }, asItCame)
    doudianControl(scope, { appKey, live, clock, book, tokens, pushes })
  })
  app.addHook('onClose', async () => {
    book.close()
    pushes.close()
  })
}

/** Whether a name drifts is decided once: a page of orders has thousands of numbers and few names. */
function remembered(drift: Drift): Drift {
  const drifts = new Map<string, boolean>()
  return (name, value) => {
    const is = drifts.get(name) ?? typeof drift(name, 0) === 'string'
    drifts.set(name, is)
    return is ? String(value) : value
  }
}

const asItCame = (_request: unknown, body: unknown, done: (error: null, body: unknown) => void) =>
  done(null, body)

function read(path: string | undefined): State {
  if (!path) return {}
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return {}
  }
}

// Small and seldom, as the grants: written at once and whole.
function write(path: string | undefined, state: State) {
  if (!path) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, JSON.stringify(state))
  renameSync(`${path}.new`, path)
}
