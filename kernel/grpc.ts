import type { Principal, Role } from './auth.ts'
import { type Fault, type FaultKind, isFault } from './fault.ts'

/** One call, as a method sees it: who asks, what for, and whether anybody still waits for the answer. */
export interface GrpcCall<In> {
  principal: Principal
  request: In
  /** Fires when the caller has gone, its deadline has passed, or the platform closes. */
  signal: AbortSignal
}

interface Access {
  /** Who may call it, as with a route: by default viewers for what only reads, operators for the rest. */
  access?: Role | 'public'
  isRead: boolean
}

// biome-ignore lint/suspicious/noExplicitAny: each method knows its own message; the .proto file is the check
type Any = any

/** A method that answers once, or one that goes on answering; a stream is asked for the next only when it was read. */
export type GrpcMethod =
  | (Access & { answer(call: GrpcCall<Any>): unknown })
  | (Access & { stream(call: GrpcCall<Any>): AsyncIterable<unknown> })

/** A room's service. Messages come and go with camelCase names, enums as names, 64-bit integers as numbers. */
export interface GrpcService {
  /** The file that says it, below `proto/`. */
  proto: string
  /** Its full name there. Every method of it has one of `methods`, and the other way round: the start checks it. */
  service: string
  methods: Record<string, GrpcMethod>
}

export const reading = <In>(answer: (call: GrpcCall<In>) => unknown): GrpcMethod => ({ isRead: true, answer })

export const writing = <In>(answer: (call: GrpcCall<In>) => unknown): GrpcMethod => ({
  isRead: false,
  answer,
})

export const watching = <In>(stream: (call: GrpcCall<In>) => AsyncIterable<unknown>): GrpcMethod => ({
  isRead: true,
  stream,
})

/** Status codes of gRPC, by the numbers of its specification. */
export const GRPC = {
  OK: 0,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  ABORTED: 10,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const

const STATUS: Record<FaultKind, number> = {
  invalid: GRPC.INVALID_ARGUMENT,
  denied: GRPC.PERMISSION_DENIED,
  missing: GRPC.NOT_FOUND,
  conflict: GRPC.ABORTED,
  limited: GRPC.RESOURCE_EXHAUSTED,
  unavailable: GRPC.UNAVAILABLE,
}

export interface GrpcProblem {
  code: number
  details: string
  /** Trailing metadata: `doubloon-code`, `doubloon-field`, `doubloon-cure`, and when to come back. */
  metadata: Record<string, string>
}

/** What a caller is told of an error: a fault's own words, of a bug only where the log has it. */
export function problemOf(error: unknown, requestId: string): GrpcProblem {
  if (!isFault(error)) {
    return {
      code: GRPC.INTERNAL,
      details: 'Something went wrong here. The log has the reason under this request id.',
      metadata: { 'doubloon-code': 'grpc/bug', 'doubloon-request-id': requestId },
    }
  }
  const { code, message, field, cure } = error
  return {
    code: statusOf(error),
    details: message,
    metadata: {
      'doubloon-code': code,
      ...(field ? { 'doubloon-field': plain(field) } : {}),
      ...(cure ? { 'doubloon-cure': plain(cure) } : {}),
      ...comeBack(error),
      'doubloon-request-id': requestId,
    },
  }
}

/** Where the kind alone is too coarse, the HTTP status of the fault tells. */
const FINER: Record<number, number> = { 401: GRPC.UNAUTHENTICATED, 504: GRPC.DEADLINE_EXCEEDED }

const statusOf = ({ kind, status }: Fault): number => FINER[status] ?? STATUS[kind]

/** For people as over HTTP, and for a client that retries by itself as gRPC's retry design (A6) has it. */
const comeBack = ({ retryAfterMs }: Fault): Record<string, string> =>
  retryAfterMs === undefined
    ? {}
    : {
        'retry-after': `${Math.ceil(retryAfterMs / 1000)}`,
        'grpc-retry-pushback-ms': `${Math.ceil(retryAfterMs)}`,
      }

/** Metadata carries printable ASCII only. */
const plain = (text: string) => text.replace(/[^\x20-\x7e]/gu, encodeURIComponent)
