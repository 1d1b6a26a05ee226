import { type FaultKind, fault } from './fault.ts'

/** A client of the platform's own HTTP API, as the command line uses it. Answers that are problems become faults. */
export interface Api {
  readonly url: string
  get<T>(path: string, query?: Record<string, string | number | boolean | undefined>): Promise<T>
  post<T>(path: string, body?: unknown): Promise<T>
  put<T>(path: string, body?: unknown): Promise<T>
  /** Lines of an NDJSON or CSV answer as they come. */
  lines(path: string, query?: Record<string, string | number | undefined>): AsyncIterable<string>
  close(): Promise<void>
}

const KIND_OF: Record<number, FaultKind> = {
  400: 'invalid',
  401: 'denied',
  403: 'denied',
  404: 'missing',
  409: 'conflict',
  413: 'invalid',
  429: 'limited',
}

export function api(url: string, key: string, onClose: () => Promise<void> = async () => {}): Api {
  const request = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(url + path, {
      ...init,
      headers: { 'x-api-key': key, ...(init.body ? { 'content-type': 'application/json' } : {}) },
    }).catch((cause) => {
      throw fault('unavailable', 'api/unreachable', `The platform at ${url} does not answer`, {
        cause,
        cure: 'Start it with `npm start`.',
      })
    })
    if (answer.ok) return answer
    const problem = (await answer.json().catch(() => ({}))) as {
      code?: string
      detail?: string
      cure?: string
    }
    throw fault(
      KIND_OF[answer.status] ?? 'unavailable',
      problem.code ?? 'api/failed',
      problem.detail ?? `The platform answered ${answer.status}`,
      problem.cure ? { cure: problem.cure } : {},
    )
  }
  const send = (method: string, path: string, body: unknown) =>
    request(path, { method, body: JSON.stringify(body) })
  const withQuery = (path: string, query: Record<string, unknown> = {}) => {
    const pairs = Object.entries(query).filter(([, value]) => value !== undefined)
    return pairs.length ? `${path}?${new URLSearchParams(pairs.map(([k, v]) => [k, String(v)]))}` : path
  }
  return {
    url,
    get: async <T>(path: string, query?: Record<string, unknown>) =>
      (await request(withQuery(path, query))).json() as T,
    post: async <T>(path: string, body: unknown = {}) => (await send('POST', path, body)).json() as T,
    put: async <T>(path: string, body: unknown = {}) => (await send('PUT', path, body)).json() as T,
    async *lines(path, query) {
      const answer = await request(withQuery(path, query))
      const decoder = new TextDecoder()
      let rest = ''
      for await (const chunk of answer.body ?? []) {
        const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
        rest = parts.pop() ?? ''
        yield* parts
      }
      if (rest) yield rest
    },
    close: onClose,
  }
}
