import { QueryCache, QueryClient } from '@tanstack/react-query'
import { isProblem, offline, problem } from './problem.ts'

export type Params = Record<string, string | number | boolean | null | undefined>
/** One page of a list: `next` is the cursor of the page after it, absent at the end. */
export type ListPage<Row> = { items: Row[]; next?: string | null }

/** `/api/x?room=a`; empty values are left out, so that a cleared filter and a never-set one are the same query. */
export function withParams(path: string, params: Params = {}): string {
  const kept = Object.entries(params).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  )
  const query = new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString()
  return query ? `${path}?${query}` : path
}

async function call<Answer>(
  method: string,
  url: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Answer> {
  const answer = await fetch(url, {
    method,
    credentials: 'same-origin',
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  }).catch((cause: unknown) => {
    if (signal?.aborted) throw cause
    throw offline(cause)
  })
  const raw = await answer.text()
  const json = raw === '' ? undefined : readJson(raw)
  if (!answer.ok) throw problem(answer.status, json, answer.headers.get('retry-after'))
  return json as Answer
}

function readJson(raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch {
    return undefined // an HTML page of some proxy; the status still says enough
  }
}

/** Typed calls to the platform. Every failure is thrown as a `Problem`. */
export const api = {
  get: <Answer>(path: string, params?: Params, signal?: AbortSignal) =>
    call<Answer>('GET', withParams(path, params), undefined, signal),
  post: <Answer = void>(path: string, body: unknown = {}) => call<Answer>('POST', path, body),
  put: <Answer = void>(path: string, body: unknown = {}) => call<Answer>('PUT', path, body),
  patch: <Answer = void>(path: string, body: unknown = {}) => call<Answer>('PATCH', path, body),
  delete: <Answer = void>(path: string) => call<Answer>('DELETE', path),
}

const worthRetrying = (count: number, error: unknown) =>
  count < 2 && isProblem(error) && (error.status === 0 || error.status === 503)

// Not allowed is a matter of the page, not of one block: its boundary shows the page for it.
const denied = (error: unknown) => isProblem(error) && error.status === 403

// A session that ends in the middle of the day: asking again who I am leads to the sign-in and back.
const signedOut = (error: unknown, key: readonly unknown[]) => {
  if (isProblem(error) && error.status === 401 && key[0] !== '/api/me')
    void queries.invalidateQueries({ queryKey: ['/api/me'] })
}

export const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error, { queryKey }) => signedOut(error, queryKey) }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      gcTime: 300_000,
      retry: worthRetrying,
      refetchOnWindowFocus: true,
      throwOnError: denied,
    },
    mutations: { retry: false },
  },
})

type Topic = {
  topic?: string | undefined
  everyMs?: number | undefined
  /** The field that live patches name rows by; without it `id`. */
  rowKey?: string | undefined
}

/** `useQuery(read('/api/x', params))`. `topic` lets live patches reach it; `everyMs` asks again by itself. */
export const read = <Answer>(path: string, params?: Params, { topic, everyMs, rowKey }: Topic = {}) => ({
  queryKey: [path, params ?? {}] as const,
  queryFn: ({ signal }: { signal: AbortSignal }) => api.get<Answer>(path, params, signal),
  meta: { topic, rowKey },
  ...(everyMs ? { refetchInterval: everyMs } : {}),
})

/** `useInfiniteQuery(list('/api/x', params))`: cursor paging. */
export const list = <Row>(path: string, params?: Params, { topic, everyMs, rowKey }: Topic = {}) => ({
  queryKey: [path, params ?? {}, 'pages'] as const,
  queryFn: ({ signal, pageParam }: { signal: AbortSignal; pageParam: string | undefined }) =>
    api.get<ListPage<Row>>(path, { limit: 100, ...params, cursor: pageParam }, signal),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (last: ListPage<Row>) => last.next || undefined,
  meta: { topic, rowKey },
  ...(everyMs ? { refetchInterval: everyMs } : {}),
})

/** Asks again for everything under a path, for use after a change. */
export const refresh = (path: string) =>
  queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith(path) })
