import { fault } from './fault.ts'

export interface Said {
  status: number
  headers: Headers
  text: string
}

export interface AskOptions {
  timeoutMs?: number | undefined
  signal?: AbortSignal | undefined
  maxBytes?: number
}

/**
 * One HTTP request to somebody else's service, bounded in time and size, no redirects. Whatever the status, it is an
 * answer; no answer is the fault `<engine>/no-answer`, whose words hold no address, header or body.
 */
export async function ask(
  engine: string,
  url: string,
  init: RequestInit,
  { timeoutMs = 15_000, signal, maxBytes = 16 * 1024 * 1024 }: AskOptions = {},
): Promise<Said> {
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    const reply = await fetch(url, {
      ...init,
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    })
    return { status: reply.status, headers: reply.headers, text: await boundedText(reply, maxBytes) }
  } catch (cause) {
    signal?.throwIfAborted()
    const why = limit.aborted ? 'did not answer in time' : 'gave no answer'
    throw fault('unavailable', `${engine}/no-answer`, `The platform ${why}`, { cause })
  }
}

/** `Retry-After` in seconds, as milliseconds. */
export function retryAfterMs(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return seconds >= 0 ? Math.ceil(seconds * 1000) : undefined
}

/** The body of an answer; an error when it is longer, however it was packed. */
export async function boundedText(reply: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of reply.body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}
