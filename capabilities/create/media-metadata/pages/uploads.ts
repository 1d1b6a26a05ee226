import { useSyncExternalStore } from 'react'
import { api, refresh } from '#console/client.ts'
import { asProblem, offline, problem } from '#console/problem.ts'
import { path } from './path.ts'

export interface Upload {
  key: number
  file: File
  sentBytes: number
  state: 'waiting' | 'sending' | 'sent' | 'failed'
  problem?: unknown
}

export interface Uploads {
  files: readonly Upload[]
  startedAtMs: number
}

interface Announced {
  uploadId: string
  receivedBytes: number
  sizeBytes: number
  pieceBytes: number
  source: string | null
}

const TRIES = 3
const PAUSE_MS = 1_500
// Outlives the page: who looks elsewhere meanwhile stops nothing.
let uploads: Uploads = { files: [], startedAtMs: 0 }
let nextKey = 1
let stop = new AbortController()
const listeners = new Set<() => void>()

const set = (files: readonly Upload[]) => {
  uploads = { ...uploads, files }
  for (const listener of listeners) listener()
}
const put = (key: number, change: Partial<Upload>) =>
  set(uploads.files.map((one) => (one.key === key ? { ...one, ...change } : one)))

export const useUploads = () =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => uploads,
  )

/** Sends files piece by piece, one after the other, and begins one batch with those that arrived. */
export async function upload(files: readonly File[], options: { gps?: boolean } = {}): Promise<void> {
  if (!isUnderWay()) uploads = { ...uploads, startedAtMs: Date.now() }
  const mine = files.map((file): Upload => ({ key: nextKey++, file, sentBytes: 0, state: 'waiting' }))
  set([...uploads.files, ...mine])
  const { signal } = stop
  const sources: string[] = []
  for (const { key, file } of mine) {
    if (signal.aborted) break
    put(key, { state: 'sending' })
    try {
      sources.push(await send(file, signal, (sentBytes) => put(key, { sentBytes })))
      put(key, { state: 'sent', sentBytes: file.size })
    } catch (thrown) {
      if (!signal.aborted) put(key, { state: 'failed', problem: asProblem(thrown) })
    }
  }
  if (sources.length > 0) await api.post(`${path}/batches`, { sources, ...options })
  const isMine = new Set(mine.map(({ key }) => key))
  set(uploads.files.filter(({ key, state }) => state === 'failed' || !isMine.has(key)))
  await refresh(path)
}

const isUnderWay = () => uploads.files.some(({ state }) => state === 'waiting' || state === 'sending')

export function stopUploads(): void {
  stop.abort()
  stop = new AbortController()
  set([])
}

export const forgetUploads = () => set(uploads.files.filter(({ state }) => state !== 'failed'))

async function send(file: File, signal: AbortSignal, told: (sentBytes: number) => void): Promise<string> {
  if (file.size === 0)
    throw Object.assign(new Error('empty'), { status: 0, code: 'media-metadata/empty', title: '' })
  let at = await api.post<Announced>(`${path}/uploads`, {
    fileName: file.name.slice(-255),
    sizeBytes: file.size,
  })
  while (at.source === null) {
    const from = at.receivedBytes
    const piece = file.slice(from, from + at.pieceBytes)
    const url = `${path}/uploads/${encodeURIComponent(at.uploadId)}?offset=${from}`
    at = await persistently(signal, () => putPiece(url, piece, signal, (sent) => told(from + sent)))
  }
  return at.source
}

/** A line that drops for a moment costs a piece, not the file. */
async function persistently<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++)
    try {
      return await attempt()
    } catch (thrown) {
      const { status } = asProblem(thrown)
      if (signal.aborted || tried >= TRIES || (status >= 400 && status < 500)) throw thrown
      await new Promise((done) => setTimeout(done, PAUSE_MS * tried))
    }
}

/** `fetch` does not tell how much has left; this does. */
function putPiece(
  url: string,
  piece: Blob,
  signal: AbortSignal,
  told: (sent: number) => void,
): Promise<Announced> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('PUT', url)
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.upload.onprogress = ({ loaded }) => told(loaded)
    request.onerror = () => reject(offline(new Error('upload')))
    request.onabort = () => reject(new Error('stopped'))
    request.onload = () => {
      const body = readJson(request.responseText)
      if (request.status < 300) resolve(body as Announced)
      else reject(problem(request.status, body, request.getResponseHeader('retry-after')))
    }
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(piece)
  })
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
