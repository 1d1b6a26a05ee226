import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

export interface Heard {
  id: string
  type: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what comes
  data: any
}

/** A warehouse that listens: checks each signature with the vendor's own library and keeps what it took, in its order. */
export async function subscriber({ fails = () => 0 }: { fails?: (nth: number) => number } = {}) {
  const heard: Heard[] = []
  const wrong: string[] = []
  let secret = ''
  let nth = 0
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const status = fails(nth++)
      if (status > 0) return reply.writeHead(status).end()
      const body = Buffer.concat(chunks).toString()
      try {
        new Webhook(secret).verify(body, request.headers as Record<string, string>)
      } catch (error) {
        wrong.push(String(error))
        return reply.writeHead(401).end()
      }
      const { type, data } = JSON.parse(body)
      heard.push({ id: String(request.headers['webhook-id']), type, data })
      reply.writeHead(204).end()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`,
    heard,
    wrong,
    setSecret(value: string) {
      secret = value
    },
    /** What it would have done: each id once. */
    effects: () => [...new Map(heard.map((one) => [one.id, one])).values()],
    close() {
      server.closeAllConnections()
      return new Promise((done) => server.close(done))
    },
  }
}
