// Several processes of `main.ts` on one ledger, as a fleet is; driven over HTTP alone, and killed without warning.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { until } from '#testing/until.ts'

const root = join(import.meta.dirname, '../../..')

export interface MemberOrder {
  roles: string
  /** How far the clock of this process is off. */
  skewMs: number
}

export interface Reply {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what comes
  json: any
}

export interface Fleet {
  size: number
  /** Asks a process; null when it was not there, or was gone before it had answered. */
  ask(nth: number, method: 'GET' | 'POST', path: string, body?: object): Promise<Reply | null>
  /** SIGKILL. */
  kill(nth: number): Promise<void>
  /** The same process again: its folder, its port. */
  start(nth: number): Promise<void>
  close(): Promise<void>
}

interface Member extends MemberOrder {
  data: string
  agent: Agent
  child?: ChildProcess
  port: number
  key: string
}

/** Starts them one after the other: the first makes the tables. */
export async function openFleet(
  connection: pg.PoolConfig,
  redisUrl: string | undefined,
  orders: readonly MemberOrder[],
): Promise<Fleet> {
  const shared = {
    PATH: process.env.PATH ?? '',
    LOG_LEVEL: 'error',
    POSTGRES_URL: addressOf(connection),
    POSTGRES_CONNECTIONS: '8',
    VAULT_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    DOUBLOON_AUTH_SECRET: randomBytes(32).toString('hex'),
    DOUBLOON_SANDBOX: 'off',
    ...(redisUrl ? { REDIS_URL: redisUrl, FLASH_SALE_STORE: 'redis' } : {}),
  }
  const members: Member[] = orders.map((order) => ({
    ...order,
    data: mkdtempSync(join(tmpdir(), 'doubloon-fleet-')),
    agent: new Agent({ keepAlive: true, maxSockets: 64 }),
    port: 0,
    key: '',
  }))

  const start = async (member: Member) => {
    const { data, roles, skewMs } = member
    const child = spawn(
      process.execPath,
      ['--import', join(import.meta.dirname, 'clock.fixture.ts'), join(root, 'main.ts'), '--roles', roles],
      {
        cwd: data,
        env: { ...shared, SKEW_MS: `${skewMs}`, DOUBLOON_DATA: data, DOUBLOON_PORT: `${member.port}` },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    member.child = child
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
    await until(() => {
      if (child.exitCode !== null) throw new Error(`a process ended at its start:\n${said}`)
      return said.includes('is ready at')
    }, 60_000)
    const { url, key } = JSON.parse(readFileSync(join(data, 'platform.json'), 'utf8'))
    Object.assign(member, { key, port: Number(new URL(url).port) })
  }
  const end = async ({ child }: Member, signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }
  const close = async () => {
    await Promise.all(members.map((member) => end(member, 'SIGKILL')))
    for (const { agent, data } of members) {
      agent.destroy()
      rmSync(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    }
  }

  try {
    const [first, ...others] = members
    await start(first!)
    await Promise.all(others.map(start))
  } catch (error) {
    await close()
    throw error
  }
  return {
    size: members.length,
    ask: (nth, ...what) => ask(members[nth % members.length]!, ...what),
    kill: (nth) => end(members[nth]!, 'SIGKILL'),
    start: (nth) => start(members[nth]!),
    close,
  }
}

/** `fetch` costs more than what is asked here, and fifty thousand buyers share two cores with whom they ask. */
function ask(
  { agent, port, key }: Member,
  method: string,
  path: string,
  body?: object,
): Promise<Reply | null> {
  const text = body === undefined ? '' : JSON.stringify(body)
  return new Promise((answer) => {
    const asking = request(
      {
        agent,
        port,
        method,
        host: '127.0.0.1',
        path: `/api/flash-sale${path}`,
        headers: {
          'x-api-key': key,
          ...(text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {}),
        },
        timeout: 30_000,
      },
      (reply) => {
        let said = ''
        reply.setEncoding('utf8')
        reply.on('data', (chunk) => (said += chunk))
        reply.once('error', () => answer(null))
        reply.once('end', () => answer({ status: reply.statusCode!, json: JSON.parse(said) }))
      },
    )
    asking.once('timeout', () => asking.destroy())
    asking.once('error', () => answer(null))
    asking.end(text)
  })
}

/** The address of a ledger for `POSTGRES_URL`. */
export function addressOf({ connectionString, host, user, database }: pg.PoolConfig): string {
  if (connectionString) return connectionString
  return `postgres://${user}@localhost/${database}?host=${encodeURIComponent(host!)}`
}
