import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import { mountDoudian } from '#sandbox/doudian/doudian.ts'
import { commentEndpoints } from '#sandbox/douyin/comments.ts'
import { consentEndpoints } from '#sandbox/douyin/consent.ts'
import { contentEndpoints } from '#sandbox/douyin/content.ts'
import type { Drift } from '#sandbox/douyin/envelope.ts'
import { grantBook } from '#sandbox/douyin/grants.ts'
import { hotSearchEndpoints } from '#sandbox/douyin/hot-search.ts'
import { oauthEndpoints } from '#sandbox/douyin/oauth.ts'
import { allScopes, type Platform } from '#sandbox/douyin/platform.ts'
import { webhookSender } from '#sandbox/douyin/webhooks.ts'
import { mountPdd } from '#sandbox/pdd/pdd.ts'
import { mountShopify } from '#sandbox/shopify/shopify.ts'
import { mountTaobao } from '#sandbox/taobao/taobao.ts'
import { monthStartMs, offsetClock } from './clock.ts'
import { controlRoutes } from './control.ts'
import { dispatcher } from './dispatch.ts'
import { type FaultPatch, faultBox } from './faults.ts'
import { generatedWorld } from './generated-world.ts'
import { startLife } from './life.ts'
import { dailyQuotas, type QuotaSettings } from './quotas.ts'
import { chanceOf } from './random.ts'
import { requestCounter } from './requests.ts'
import { readState, saveState } from './state-file.ts'
import { frozen, openWorld, type World, type WorldData } from './world.ts'
import { readWorld } from './world-files.ts'

export type SandboxOptions = {
  /** 0 = any free port. */
  port?: number
  host?: string
  seed?: number
  clientKey?: string
  clientSecret?: string
  /** A folder of NDJSON files, or a world made in code; absent = the built-in one. */
  world?: string | WorldData
  /** Where the built-in world's 45 days begin; absent = the first of this month in Shanghai. */
  anchorMs?: number
  /** The built-in world goes on as its clock goes on. A loaded world never does. */
  live?: boolean
  /** Where the clock starts; absent = real time. */
  nowMs?: number
  /** Share of numbers that are written as text. */
  drift?: number
  appScopes?: string[]
  redirectDomains?: string[]
  webhookUrl?: string
  webhookTimeoutMs?: number
  webhookRetryDelaysMs?: number[]
  faults?: FaultPatch
  quotas?: QuotaSettings
  /** A file that keeps grants over a restart. */
  stateFile?: string
}
export type Sandbox = {
  url: string
  port: number
  world: World
  clientKey: string
  clientSecret: string
  close(): Promise<void>
}

const bodyLimitBytes = 16 * 1024 * 1024

/** Start the world in miniature; resolves when it listens. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const seed = options.seed ?? 1
  const clientKey = options.clientKey ?? 'awsandboxclientkey'
  const clientSecret = options.clientSecret ?? 'sandbox-client-secret'
  const clock = offsetClock(options.nowMs)
  const world = await chooseWorld(options, seed, clock.now())
  const faults = faultBox(seed)
  faults.set(options.faults ?? {})
  const quotas = dailyQuotas(options.quotas)
  const requests = requestCounter()
  const webhooks = webhookSender({
    seed,
    clientKey,
    clientSecret,
    clock,
    faults,
    timeoutMs: options.webhookTimeoutMs ?? 5_000,
    retryDelaysMs: options.webhookRetryDelaysMs ?? [1_000, 5_000],
  })
  const grants = grantBook(seed, clock, readState(options.stateFile), (state) =>
    saveState(options.stateFile, state),
  )
  const platform: Platform = {
    seed,
    clientKey,
    clientSecret,
    appScopes: options.appScopes ?? allScopes,
    redirectDomains: options.redirectDomains ?? [],
    clock,
    world,
    grants,
    quotas,
    drift: driftOf(seed, options.drift ?? 0.2),
    tell(event) {
      // A webhook needs the grant of the account it is about, and the scope of the event where it has one.
      const scope = eventScopes[event.event]
      const grant = grants.of(event.to)
      if (grant && (!scope || grant.scopes.includes(scope))) webhooks.send(event)
    },
  }

  const app = fastify({ bodyLimit: bodyLimitBytes, forceCloseConnections: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    done(null, parseBody(String(request.headers['content-type'] ?? ''), String(body)))
  })
  const dispatch = dispatcher({ seed, clock, faults, quotas, requests, drift: platform.drift })

  const endpoints = [
    ...consentEndpoints(platform),
    ...oauthEndpoints(platform),
    ...contentEndpoints(platform),
    ...commentEndpoints(platform),
    ...hotSearchEndpoints(platform),
  ]
  for (const endpoint of endpoints) {
    app.route({
      method: endpoint.method,
      url: endpoint.path,
      handler: (request, reply) => dispatch.serve(endpoint, request, reply),
    })
  }
  controlRoutes(app, { platform, faults, requests, webhooks })
  mountDoudian(app, {
    seed,
    appKey: clientKey,
    appSecret: clientSecret,
    clock,
    live: options.live ?? false,
    faults,
    requests,
    drift: platform.drift,
    pushTimeoutMs: options.webhookTimeoutMs ?? 5_000,
    pushRetryDelaysMs: options.webhookRetryDelaysMs ?? [1_000, 5_000],
    stateFile: options.stateFile,
  })
  for (const mount of [mountShopify, mountTaobao, mountPdd]) mount(app, { seed, clock })

  await app.listen({ port: options.port ?? 0, host: options.host ?? '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const stopLife = world.live ? startLife(platform) : () => {}
  if (options.webhookUrl) void webhooks.setTarget(options.webhookUrl)
  return {
    url: `http://${options.host ?? '127.0.0.1'}:${port}`,
    port,
    world,
    clientKey,
    clientSecret,
    async close() {
      stopLife()
      dispatch.close()
      webhooks.close()
      await app.close()
    },
  }
}

const eventScopes: Record<string, string> = {
  create_video: 'aweme.forward',
  item_comment_reply: 'item.comment',
  new_follow_action: 'user.intention',
  new_video_digg: 'user.intention',
  im_receive_msg: 'im.direct_message',
}

async function chooseWorld(options: SandboxOptions, seed: number, nowMs: number): Promise<World> {
  if (typeof options.world === 'string') return openWorld(await readWorld(options.world), false)
  if (options.world) return openWorld(options.world, false)
  const anchorMs = options.anchorMs ?? monthStartMs(nowMs)
  const data = generatedWorld(seed, anchorMs)
  return options.live ? openWorld(data, true) : openWorld(frozen(data, anchorMs), false)
}

const driftOf =
  (seed: number, share: number): Drift =>
  (name, value) =>
    share > 0 && chanceOf(`drift/${seed}/${name}`) < share ? String(value) : value

/** Form or JSON, whatever the header says it is; anything unreadable is no parameter at all. */
function parseBody(contentType: string, text: string): Record<string, unknown> {
  if (!contentType.includes('json')) return Object.fromEntries(new URLSearchParams(text))
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
