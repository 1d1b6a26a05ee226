import pg from 'pg'
import { fullJitterMs } from '#kernel/backoff.ts'
import type { Log } from '#kernel/telemetry.ts'

export interface NoticeBoard {
  listen(channel: string, hear: (payload: string) => void): Promise<() => void>
  close(): Promise<void>
}

/** One connection per process that hears every NOTIFY. After a reconnect all hear an empty one: look for yourself. */
export function noticeBoard(connection: pg.ClientConfig, log: Log): NoticeBoard {
  const ears = new Map<string, Set<(payload: string) => void>>()
  let client: pg.Client | undefined
  let connecting: Promise<void> | undefined
  let closed = false

  const connect = async (attempt = 0): Promise<void> => {
    const fresh = new pg.Client({ ...connection, keepAlive: true })
    fresh.on('notification', ({ channel, payload }) => {
      for (const hear of ears.get(channel) ?? []) hear(payload ?? '')
    })
    fresh.on('error', () => lose(fresh))
    fresh.on('end', () => lose(fresh))
    try {
      await fresh.connect()
      for (const channel of ears.keys()) await fresh.query(`listen ${pg.escapeIdentifier(channel)}`)
      client = fresh
      if (attempt > 0) for (const hearers of ears.values()) for (const hear of hearers) hear('')
    } catch (error) {
      if (closed) return
      log.debug({ reason: (error as Error).message }, 'cannot listen to postgres yet')
      await new Promise((done) => setTimeout(done, 50 + fullJitterMs(attempt, { capMs: 5_000 })))
      if (!closed) await connect(attempt + 1)
    }
  }

  const lose = (lost: pg.Client) => {
    if (client !== lost || closed) return
    client = undefined
    connecting = connect(1)
  }

  /** One statement at a time: rooms that open together begin to listen at the same moment. */
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = (statement: string) => {
    turn = turn.then(() => client?.query(statement)).catch(() => {})
    return turn
  }

  return {
    async listen(channel, hear) {
      const hearers = ears.get(channel) ?? new Set()
      const isNew = !ears.has(channel)
      ears.set(channel, hearers.add(hear))
      connecting ??= connect()
      await connecting
      if (isNew) await inTurn(`listen ${pg.escapeIdentifier(channel)}`)
      return () => void hearers.delete(hear)
    },
    async close() {
      closed = true
      await client?.end().catch(() => {})
    },
  }
}
