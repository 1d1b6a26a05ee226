import { join } from 'node:path'
import * as grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { Registry } from 'prom-client'
import { HOUSE } from '#kernel/id.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { serveGrpc } from '#platform/grpc.ts'
import { migrationsOf, testLedger } from '#testing/ledger.ts'
import { openRoom } from './room.fixture.ts'

const PROTO = join(import.meta.dirname, '../../../proto/doubloon/flash_sale/v1/flash_sale.proto')
const ROUNDS = 3
const SECONDS = 3
const IN_FLIGHT = 100
const BUSY = { items: [{ sku: 'A', quantity: 1 }] }

type Reserve = (body: object, done: () => void) => void

/**
 * Winning reservations over gRPC, beside the same service without ours around it: grpc-js with a handler that answers at
 * once. What lies between is keys, roles, the rule and the ledger. Client and server share this process.
 */
export default {
  name: 'flash-sale-grpc',
  async run(): Promise<void> {
    const it = await testLedger([migrationsOf('flash-sale', 'sell')])
    const room = await openRoom({ ledger: it.ledger, workers: false })
    const ours = await serveGrpc({
      services: [{ room: 'flash-sale', service: room.opened.grpc! }],
      auth: {
        authenticate: () => ({
          kind: 'key',
          actor: 'key:bench',
          userId: null,
          workspaceId: HOUSE,
          role: 'owner',
          scopes: ['*'],
        }),
      },
      log: rootLog({ level: 'silent' }),
      metrics: new Registry(),
      host: '127.0.0.1',
      port: 0,
    })
    const bare = await bareServer()
    try {
      const [asked, peer] = [clientOf(ours.port), clientOf(bare.port)]
      const terms = { opensAtMs: Date.now() - 1_000, closesAtMs: Date.now() + 3_600_000 }
      const skus = [{ sku: 'A', priceFen: 100, stock: 10_000_000 }]
      const { saleId } = await new Promise<{ saleId: string }>((done, fail) =>
        asked['CreateSale']({ name: 'bench', ...terms, skus }, (error: unknown, sale: { saleId: string }) =>
          error ? fail(error) : done(sale),
        ),
      )
      const over =
        // biome-ignore lint/suspicious/noExplicitAny: a client made of the .proto file at run time
          (client: any): Reserve =>
          (body, done) =>
            client.Reserve(
              { saleId, ...body, ...BUSY },
              (error: Error | null, { answer } = { answer: '' }) => {
                if (error || answer !== 'ANSWER_RESERVED') throw error ?? new Error(`answered ${answer}`)
                done()
              },
            )
      const rounds: [number, number][] = []
      for (let i = 0; i < ROUNDS; i++)
        rounds.push([await perSecond(over(asked)), await perSecond(over(peer))])
      const [mine, theirs] = [0, 1].map(
        (side) => rounds.map((round) => round[side]!).sort((a, b) => a - b)[1]!,
      )
      console.log(
        `  winning over gRPC, ${IN_FLIGHT} in flight, on PostgreSQL: ${Math.round(mine!)} a second; ` +
          `bare grpc-js ${Math.round(theirs!)}; ${(mine! / theirs!).toFixed(2)}x`,
      )
      asked.close()
      peer.close()
    } finally {
      bare.server.forceShutdown()
      await ours.close()
      await room.close()
      await it.close()
    }
  },
}

const definition = () => loadSync(PROTO, { longs: Number, enums: String, arrays: true, defaults: true })
const SERVICE = 'doubloon.flash_sale.v1.FlashSaleService'

// biome-ignore lint/suspicious/noExplicitAny: a client made of the .proto file at run time
function clientOf(port: number): any {
  const Client = grpc.makeGenericClientConstructor(definition()[SERVICE] as grpc.ServiceDefinition, SERVICE)
  return new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
}

async function bareServer() {
  const server = new grpc.Server()
  const Reserve: grpc.handleUnaryCall<{ attemptId: string }, object> = ({ request }, reply) =>
    reply(null, { answer: 'ANSWER_RESERVED', reservationId: request.attemptId, expiresAtMs: Date.now() })
  server.addService(definition()[SERVICE] as grpc.ServiceDefinition, { Reserve })
  const port = await new Promise<number>((done, fail) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, taken) =>
      error ? fail(error) : done(taken),
    ),
  )
  return { server, port }
}

let nth = 0

/** As many buyers as are in flight, each with a new attempt as soon as the last one was answered. */
async function perSecond(reserve: Reserve): Promise<number> {
  const fromMs = performance.now()
  const untilMs = fromMs + SECONDS * 1_000
  let answered = 0
  const buyer = async () => {
    while (performance.now() < untilMs) {
      nth += 1
      await new Promise<void>((done) => reserve({ attemptId: `a${nth}`, buyerId: `b${nth}` }, done))
      answered += 1
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, buyer))
  return answered / ((performance.now() - fromMs) / 1_000)
}
