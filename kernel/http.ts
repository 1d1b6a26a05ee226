import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import swagger from '@fastify/swagger'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import scalar from '@scalar/fastify-api-reference'
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RawServerDefault,
} from 'fastify'
import { Type } from 'typebox'
import { type Auth, admit, type Principal, type Role } from './auth.ts'
import { fault, isFault } from './fault.ts'
import { type Log, levelOf } from './telemetry.ts'

/** Fastify with TypeBox types. A room's routes are a plugin of it, mounted at `/api/<room>`. */
export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, Log, TypeBoxTypeProvider>
export type Routes = (app: App) => void | Promise<void>

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call it: a role (default: viewer for GET, operator otherwise), or anybody. */
    access?: Role | 'public'
    /** The room whose scope an API key needs. Set by the mount. */
    room?: string
  }
  interface FastifyRequest {
    /** Who asks; set on every route that is not public. */
    principal: Principal
  }
}

/** The body of every error answer (RFC 9457). */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What went wrong, safe to show.' }),
    code: Type.String({ description: 'Stable: `room/what`.' }),
    field: Type.Optional(Type.String({ description: 'The input field at fault.' })),
    cure: Type.Optional(Type.String({ description: 'What to do about it.' })),
    requestId: Type.String(),
  },
  { $id: 'Problem' },
)

const BODY_LIMIT_BYTES = 1_048_576
const TITLES: Record<number, string> = {
  400: 'Invalid request',
  401: 'Sign-in needed',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  429: 'Too many requests',
  503: 'Unavailable',
}

export interface HttpOptions {
  log: Log
  version: string
  /** Behind a proxy: whose `X-Forwarded-*` to believe. */
  trustProxy?: boolean
}

/** The web server without any route of a room: problems, OpenAPI at `/openapi.json`, a page at `/docs`. */
export async function httpApp({ log, version, trustProxy = false }: HttpOptions): Promise<App> {
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: 30_000,
    trustProxy,
    genReqId: requestIds(),
    // A logger of its own for each request costs as much as a small request itself: the id is logged where it matters.
    childLoggerFactory: (logger) => logger,
    routerOptions: { maxParamLength: 200 },
  }).withTypeProvider<TypeBoxTypeProvider>() as unknown as App
  app.addSchema(Problem)
  app.setErrorHandler(answerProblem)
  app.setNotFoundHandler((request, reply) =>
    answerProblem(
      fault('missing', 'http/no-route', `There is nothing at ${request.method} ${request.url.split('?')[0]}`),
      request,
      reply,
    ),
  )
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Doubloon',
        version,
        description: 'Accounts, content, fans, sales, attribution and billing for Douyin.',
      },
      components: {
        securitySchemes: {
          key: { type: 'apiKey', in: 'header', name: 'x-api-key' },
          session: { type: 'apiKey', in: 'cookie', name: 'doubloon.session_token' },
        },
      },
      security: [{ key: [] }, { session: [] }],
    },
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, i) => String(schema.$id ?? `schema-${i}`),
    },
  })
  app.get('/openapi.json', { schema: { hide: true }, config: { access: 'public' } }, () => app.swagger())
  await app.register(scalar, {
    routePrefix: '/docs',
    configuration: { url: '/openapi.json', withDefaultFonts: false },
  })
  return app
}

/** From here on every route asks who it is, unless it says `access: 'public'`. */
export function guard(app: App, auth: Auth): void {
  app.decorateRequest('principal', null as unknown as Principal)
  const principalOf = (request: FastifyRequest, room: string, access: Role | undefined) => {
    const write = request.method !== 'GET' && request.method !== 'HEAD'
    return admit(auth, request.headers, { role: access ?? (write ? 'operator' : 'viewer'), room, write })
  }
  app.addHook('onRequest', (request, _reply, done) => {
    const { access, room = 'platform' } = request.routeOptions.config
    if (access === 'public' || !request.url.startsWith('/api/')) return done()
    const enter = (who: Principal) => {
      request.principal = who
      done()
    }
    try {
      const who = principalOf(request, room, access)
      // A promise costs the hottest routes a turn of the loop: who is known by heart goes in at once.
      if (who instanceof Promise) who.then(enter, done)
      else enter(who)
    } catch (error) {
      done(error as Error)
    }
  })
}

/** Ids that differ between processes and restarts, and cost nothing. */
function requestIds(): () => string {
  const process = randomUUID().slice(0, 8)
  let count = 0
  return () => `${process}-${(count++).toString(36)}`
}

/** Mounts a room at `/api/<room>` and names it in the API document. */
export async function mount(app: App, room: string, routes: Routes): Promise<void> {
  await app.register(
    async (scope) => {
      scope.addHook('onRoute', (route) => {
        route.config = { ...route.config, room }
        route.schema = {
          tags: [room],
          ...route.schema,
          response: { ...(route.schema?.response as object), '4xx': Problem, '5xx': Problem },
        }
      })
      await routes(scope as unknown as App)
    },
    { prefix: `/api/${room}` },
  )
}

function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known = asFault(error)
  const status = known?.status ?? 500
  const level = known ? levelOf(known) : 'error'
  const about = {
    requestId: request.id,
    method: request.method,
    url: request.url.split('?')[0],
    status,
    code: known?.code,
  }
  // A refusal is an answer, not an incident: its stack would only hide the ones that matter.
  request.log[level](
    level === 'info' ? about : { ...about, err: known?.cause ?? error },
    known?.message ?? 'request failed',
  )
  if (known?.retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(known.retryAfterMs / 1000))
  reply
    .code(status)
    .type('application/problem+json')
    .send({
      type: 'about:blank',
      title: TITLES[status] ?? 'Internal error',
      status,
      detail: known?.message ?? 'Something went wrong here. The log has the reason under this request id.',
      code: known?.code ?? 'http/bug',
      ...(known?.field ? { field: known.field } : {}),
      ...(known?.cure ? { cure: known.cure } : {}),
      requestId: request.id,
    })
}

/** Fastify's own refusals (bad JSON, a body too large, a field of the wrong type) in our words. */
function asFault(error: unknown) {
  if (isFault(error)) return error
  const {
    statusCode,
    code,
    message = '',
    validation,
    validationContext,
  } = error as {
    statusCode?: number
    code?: string
    message?: string
    validation?: { instancePath?: string; message?: string; params?: Record<string, unknown> }[]
    validationContext?: string
  }
  if (validation) {
    const [first] = validation
    const missing = (first?.params as { missingProperty?: string } | undefined)?.missingProperty
    const field = [validationContext, ...(first?.instancePath ?? '').split('/').filter(Boolean), missing]
      .filter(Boolean)
      .join('.')
    return fault('invalid', 'http/invalid', `${field}: ${first?.message ?? 'is not valid'}`, {
      field,
      cause: error,
    })
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return fault('invalid', 'http/too-large', 'The body is larger than this route takes', {
      status: 413,
      cause: error,
    })
  }
  if (statusCode && statusCode >= 400 && statusCode < 500) {
    return fault('invalid', 'http/invalid', message, { status: statusCode, cause: error })
  }
  return undefined
}
