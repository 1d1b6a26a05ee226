import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface PacedLoad {
  url: string
  connections: number
  perSecond: number
  seconds: number
  next(): { body: string; headers: Record<string, string> }
}

export interface PacedResult {
  perSecond: number
  p50Ms: number
  p99Ms: number
}

/**
 * So many requests a second, evenly, whether the answers come or not; a latency counts from when its request was due. (What
 * autocannon calls a rate is a burst at full speed at the beginning of each second.) Sockets by hand: a client with comforts
 * would need more of the machine than the server that is measured.
 */
export async function pacedLoad({
  url,
  connections,
  perSecond,
  seconds,
  next,
}: PacedLoad): Promise<PacedResult> {
  const { hostname, port, host, pathname } = new URL(url)
  const latencies: number[] = []
  const waiting: number[] = []
  const idle: Socket[] = []
  const dueOf = new Map<Socket, number>()
  let bad = 0

  const send = (socket: Socket, dueMs: number) => {
    const { body, headers } = next()
    const lines = Object.entries({ host, ...headers, 'content-length': Buffer.byteLength(body) })
    dueOf.set(socket, dueMs)
    socket.write(
      `POST ${pathname} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
    )
  }
  const open = async (): Promise<Socket> => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    await once(socket, 'connect')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
      if (!isWhole(text)) return
      if (!text.startsWith('HTTP/1.1 200')) bad++
      text = ''
      latencies.push(performance.now() - dueOf.get(socket)!)
      const dueMs = waiting.shift()
      if (dueMs === undefined) idle.push(socket)
      else send(socket, dueMs)
    })
    return socket
  }

  const sockets = await Promise.all(Array.from({ length: connections }, open))
  idle.push(...sockets)
  const from = performance.now()
  const all = Math.floor(perSecond * seconds)
  let begun = 0
  await new Promise<void>((done) => {
    const tick = () => {
      const due = Math.min(all, ((performance.now() - from) / 1000) * perSecond)
      for (; begun < due; begun++) {
        const dueMs = from + (begun / perSecond) * 1000
        const socket = idle.pop()
        if (socket) send(socket, dueMs)
        else waiting.push(dueMs)
      }
      if (latencies.length < all) setTimeout(tick, 1)
      else done()
    }
    tick()
  })
  for (const socket of sockets) socket.destroy()
  if (bad > 0) throw new Error(`${bad} requests failed`)
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.floor(latencies.length * share)]!
  return { perSecond: all / ((performance.now() - from) / 1000), p50Ms: at(0.5), p99Ms: at(0.99) }
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  return end >= 0 && text.length >= end + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
}
