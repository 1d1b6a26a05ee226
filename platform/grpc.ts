import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import * as grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { Histogram, type Registry } from 'prom-client'
import { type Auth, admit, type Principal } from '#kernel/auth.ts'
import { fault } from '#kernel/fault.ts'
import {
  GRPC,
  type GrpcCall,
  type GrpcMethod,
  type GrpcProblem,
  type GrpcService,
  problemOf,
} from '#kernel/grpc.ts'
import { type Log, levelOf } from '#kernel/telemetry.ts'
import { health } from './grpc-health.ts'

export interface GrpcOptions {
  services: readonly { room: string; service: GrpcService }[]
  auth: Auth
  log: Log
  metrics: Registry
  host: string
  /** 0 takes a free one. */
  port: number
  /** Where the .proto files lie; ours when not told. */
  protoFolders?: string[]
}

export interface GrpcServer {
  port: number
  /** Takes no new calls, ends streams, lets the others finish for a few seconds. */
  close(): Promise<void>
}

const PROTO_FOLDER = join(import.meta.dirname, '../proto')
const MESSAGE_BYTES = 1_048_576
const CALLS_PER_CONNECTION = 1_000
/** Nobody is waited for longer than this, whatever deadline the caller gave. */
const ANSWER_MS = 30_000
const STREAM_MS = 3_600_000
const DRAIN_MS = 5_000

const OPTIONS = {
  'grpc.max_receive_message_length': MESSAGE_BYTES,
  'grpc.max_send_message_length': MESSAGE_BYTES,
  'grpc.max_concurrent_streams': CALLS_PER_CONNECTION,
  // A caller that vanished without a word is found out, and its streams end.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
}

type Call = grpc.ServerUnaryCall<unknown, unknown> | grpc.ServerWritableStream<unknown, unknown>
type Wired = { name: string; room: string; method: GrpcMethod }

/** The rooms' services over gRPC: the same keys, roles and faults as over HTTP, and everything bounded. */
export async function serveGrpc(options: GrpcOptions): Promise<GrpcServer> {
  const { services, host, port, protoFolders = [PROTO_FOLDER] } = options
  const server = new grpc.Server(OPTIONS)
  const streams = new Set<AbortController>()
  const wire = wiring(options, streams)
  const own = { room: 'platform', service: health(services.map(({ service }) => service.service)) }
  for (const each of [own, ...services]) {
    const definition = load(protoFolders, each)
    const methods = Object.entries(each.service.methods).map(([name, method]) => [
      name,
      wire({ name: `${each.service.service}/${name}`, room: each.room, method }),
    ])
    server.addService(definition, Object.fromEntries(methods))
  }
  const bound = await new Promise<number>((done, fail) =>
    server.bindAsync(`${host}:${port}`, grpc.ServerCredentials.createInsecure(), (error, taken) =>
      error ? fail(cannotBind(host, port, error)) : done(taken),
    ),
  )
  return {
    port: bound,
    async close() {
      for (const stream of streams) stream.abort(closing())
      const impatient = setTimeout(() => server.forceShutdown(), DRAIN_MS)
      await new Promise((done) => server.tryShutdown(done))
      clearTimeout(impatient)
    },
  }
}

/** What the .proto file says, which must be what the room has: a method that only one of them knows stops the start. */
function load(protoFolders: string[], { room, service }: GrpcOptions['services'][number]) {
  const file = loadSync(service.proto, {
    includeDirs: protoFolders,
    enums: String,
    // Our 64-bit values are milliseconds, fen and units, all bounded far below 2^53. Ids are strings.
    longs: Number,
    defaults: true,
    arrays: true,
  })
  const definition = file[service.service] as grpc.ServiceDefinition | undefined
  if (!definition) throw new Error(`${room}: ${service.proto} has no service ${service.service}`)
  const odd = new Set(Object.keys(definition)).symmetricDifference(new Set(Object.keys(service.methods)))
  if (odd.size > 0)
    throw new Error(`${room}: only one of ${service.proto} and the room has ${[...odd].join(', ')}`)
  return definition
}

/** Turns a method of a room into a handler of the server. */
function wiring({ auth, log, metrics }: GrpcOptions, streams: Set<AbortController>) {
  const seconds = new Histogram({
    name: 'grpc_call_seconds',
    help: 'From a call to its status.',
    labelNames: ['method', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [metrics],
  })

  const enter = async ({ metadata }: Call, { room, method }: Wired): Promise<Principal> => {
    const { access, isRead } = method
    if (access === 'public') return null as unknown as Principal
    const headers = { 'x-api-key': keyIn(metadata) }
    return admit(auth, headers, { role: access ?? (isRead ? 'viewer' : 'operator'), room, write: !isRead })
  }

  /** Admits, runs, measures; answers with what went wrong as a status, or null. */
  const run = async (
    call: Call,
    wired: Wired,
    { leaving, longestMs }: { leaving: AbortController; longestMs: number },
    work: (given: { principal: Principal; request: unknown; signal: AbortSignal }) => Promise<void>,
  ): Promise<grpc.ServerErrorResponse | null> => {
    const sinceMs = performance.now()
    const { signal } = leaving
    const timer = setTimeout(() => leaving.abort(tooLong()), longestMs)
    const cancel = () => leaving.abort(tooLong())
    call.once('cancelled', cancel)
    if (call.cancelled) cancel()
    let status: number = GRPC.OK
    try {
      const entered = enter(call, wired)
      await orGone(
        signal,
        entered.then((principal) => work({ principal, request: call.request, signal })),
      )
      return null
    } catch (error) {
      const requestId = randomUUID()
      const response = asResponse(problemOf(error, requestId))
      status = response.code!
      const level = levelOf(error)
      const about = { method: wired.name, status, requestId }
      if (!call.cancelled)
        log[level](level === 'info' ? about : { ...about, err: error }, 'a call was not served')
      return response
    } finally {
      clearTimeout(timer)
      seconds.observe(
        { method: wired.name, status: grpc.status[status]! },
        (performance.now() - sinceMs) / 1000,
      )
    }
  }

  const streaming =
    (wired: Wired, open: (given: GrpcCall<never>) => AsyncIterable<unknown>) =>
    async (call: grpc.ServerWritableStream<unknown, unknown>) => {
      const leaving = new AbortController()
      streams.add(leaving)
      const problem = await run(call, wired, { leaving, longestMs: STREAM_MS }, async (given) => {
        // One message at a time: who reads slowly is sent less, and nothing waits for him here.
        for await (const message of open(given as GrpcCall<never>))
          await orGone(given.signal, sent(call, message))
      })
      streams.delete(leaving)
      if (problem) call.emit('error', problem)
      else call.end()
    }

  return (wired: Wired): grpc.UntypedHandleCall => {
    const { method } = wired
    if ('stream' in method) return streaming(wired, method.stream)
    const answer: grpc.handleUnaryCall<unknown, unknown> = async (call, reply) => {
      let message: unknown
      const bounds = { leaving: new AbortController(), longestMs: ANSWER_MS }
      const problem = await run(call, wired, bounds, async (given) => {
        message = await method.answer(given)
      })
      if (problem) reply(problem)
      else reply(null, message)
    }
    return answer
  }
}

const sent = (call: grpc.ServerWritableStream<unknown, unknown>, message: unknown) =>
  new Promise<void>((written, failed) =>
    call.write(message, (error: unknown) => (error ? failed(error) : written())),
  )

/** The work's own end, or the reason of `signal` as soon as it fires. */
function orGone(signal: AbortSignal, work: Promise<void>): Promise<void> {
  return new Promise((done, fail) => {
    const leave = () => fail(signal.reason)
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    work.then(done, fail).finally(() => signal.removeEventListener('abort', leave))
  })
}

/** An API key, as over HTTP, or as a bearer token, which is how clients of gRPC like to send one. */
function keyIn(metadata: grpc.Metadata): string | undefined {
  const [key] = metadata.get('x-api-key')
  if (typeof key === 'string') return key
  const [bearer] = metadata.get('authorization')
  return typeof bearer === 'string' ? /^Bearer (\S+)$/i.exec(bearer)?.[1] : undefined
}

const tooLong = () =>
  fault('unavailable', 'grpc/too-long', 'The call took longer than it may', { status: 504 })
const closing = () =>
  fault('unavailable', 'grpc/closing', 'This process is closing', {
    cure: 'Call again: another one answers.',
  })

const cannotBind = (host: string, port: number, cause: unknown) =>
  fault('conflict', 'platform/cannot-listen', `Cannot listen on ${host}:${port}`, {
    cause,
    cure: 'Set DOUBLOON_GRPC_PORT to another port.',
  })

function asResponse({ code, details, metadata }: GrpcProblem): grpc.ServerErrorResponse {
  const trailer = new grpc.Metadata()
  for (const [name, value] of Object.entries(metadata)) trailer.set(name, value)
  return Object.assign(new Error(details), { code, details, metadata: trailer })
}
