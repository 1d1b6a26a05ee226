import type { Admin, BaseOptions, Consumer, Producer } from '@platformatic/kafka'
import { fullJitterMs } from '#kernel/backoff.ts'
import { fault, isFault } from '#kernel/fault.ts'

/** A Kafka cluster. Clients connect when they are used first; errors go through {@link kafkaFault}. */
export interface Kafka {
  readonly admin: Admin
  readonly producer: Producer
  /** A client that fetches: one per reader that waits, as a waiting fetch holds its connection. Close it yourself. */
  fetcher(): Consumer
  probe(): Promise<{ version: string; latencyMs: number }>
  close(): Promise<void>
}

/** The longest that one fetch may wait at the broker; readers that wait longer ask again. */
export const LONGEST_FETCH_MS = 5000

/** Opens `host:port,host:port`. Throws `unavailable` when no broker answers. */
export async function openKafka(brokers: string): Promise<Kafka> {
  // Loaded here, so that an installation without Kafka never pays for the library.
  const library = await import('@platformatic/kafka')
  const options: BaseOptions = {
    clientId: 'doubloon',
    bootstrapBrokers: brokers.split(',').map((broker) => broker.trim()),
    connectTimeout: 5000,
    requestTimeout: LONGEST_FETCH_MS + 10_000,
    retries: 5,
    retryDelay: (_client, _operation, attempt) => 50 + fullJitterMs(attempt, { baseMs: 100, capMs: 2000 }),
  }
  const admin = new library.Admin(options)
  const producer = new library.Producer({ ...options, idempotent: true, acks: library.ProduceAcks.ALL })

  const probe = async () => {
    const since = performance.now()
    const { id, brokers } = await admin.metadata({ topics: [], forceUpdate: true }).catch((error) => {
      throw kafkaFault(error)
    })
    const latencyMs = performance.now() - since
    return { version: `cluster ${id}, ${brokers.size} broker${brokers.size === 1 ? '' : 's'}`, latencyMs }
  }
  const close = async () => {
    await Promise.allSettled([admin.close(), producer.close(true)])
  }
  await probe().catch(async (error) => {
    await close()
    throw error
  })
  return {
    admin,
    producer,
    fetcher: () =>
      new library.Consumer({
        ...options,
        // Never joined: where a group stands is kept in the ledger, in the transaction of its effects.
        groupId: 'doubloon',
        autocommit: false,
        isolationLevel: library.FetchIsolationLevels.READ_UNCOMMITTED,
      }),
    probe,
    close,
  }
}

/** What Kafka called an error, whatever it is wrapped in. */
export function kafkaErrorId(error: unknown): string | undefined {
  const { errors, cause, apiId } = error as { errors?: unknown[]; cause?: unknown; apiId?: string }
  return (
    apiId ??
    [...(errors ?? []), cause]
      .filter((e) => e instanceof Error)
      .map(kafkaErrorId)
      .find(Boolean)
  )
}

/** Vendor error to fault; our own bugs stay what they are. */
export function kafkaFault(error: unknown): unknown {
  const code = (error as { code?: string }).code
  if (isFault(error) || !code?.startsWith('PLT_KFK_')) return error
  const id = kafkaErrorId(error)
  const cause = { cause: error }
  if (id === 'MESSAGE_TOO_LARGE' || id === 'RECORD_LIST_TOO_LARGE') {
    return fault('invalid', 'kafka/too-large', 'A fact is larger than Kafka takes', cause)
  }
  if (code === 'PLT_KFK_AUTHENTICATION' || id?.endsWith('_AUTHORIZATION_FAILED')) {
    return fault('denied', 'kafka/credentials', 'Kafka refused our credentials', cause)
  }
  if (code === 'PLT_KFK_USER' && id === undefined) return error
  const what = id ? 'Kafka cannot do this right now' : 'Kafka cannot be reached'
  return fault('unavailable', id ? 'kafka/busy' : 'kafka/away', what, cause)
}
