import { fullJitterMs } from '#kernel/backoff.ts'
import { fault } from '#kernel/fault.ts'

/** The least that both clients of the library have in common. */
export interface RedisClient {
  send(key: string, command: readonly (string | Buffer)[]): Promise<unknown>
  close(): void
}

interface Limits {
  timeoutMs: number
  queueLength: number
}

const ROOT = /^redis-cluster(s?):\/\/(?:([^:@/]*):([^@/]*)@)?([^/]+)\/?$/

/** Connects; fails when nobody answers. Afterwards it reconnects by itself with full-jitter back-off. */
export async function openRedisClient(url: string, limits: Limits): Promise<RedisClient> {
  // Loaded here, so that an installation without Redis never pays for the library.
  const library = await import('redis')
  return url.startsWith('redis-cluster')
    ? openCluster(library, url, limits)
    : openSingle(library, url, limits)
}

type Library = typeof import('redis')

/** Tries a few times while opening, for ever once we were connected. */
function reconnect() {
  let wasConnected = false
  return {
    connected: () => {
      wasConnected = true
    },
    strategy: (attempt: number, cause: Error) =>
      !wasConnected && attempt >= 3 ? cause : 20 + fullJitterMs(attempt, { baseMs: 50, capMs: 2000 }),
  }
}

async function openSingle(
  { createClient }: Library,
  url: string,
  { timeoutMs, queueLength }: Limits,
): Promise<RedisClient> {
  const again = reconnect()
  const client = createClient({
    url,
    RESP: 2,
    commandsQueueMaxLength: queueLength,
    commandOptions: { timeout: 0 },
    socket: { connectTimeout: timeoutMs, reconnectStrategy: again.strategy },
  })
  // The reason reaches whoever sends a command; without a listener it would end the process.
  client.on('error', () => {})
  await client.connect()
  again.connected()
  // A command that waits for a lost connection must leave the queue when its caller has given up.
  const whileAway = { timeout: timeoutMs }
  return {
    send: (_key, command) =>
      client.sendCommand(command as (string | Buffer)[], client.isReady ? {} : whileAway),
    close: () => client.destroy(),
  }
}

async function openCluster(
  { createCluster }: Library,
  url: string,
  { timeoutMs, queueLength }: Limits,
): Promise<RedisClient> {
  const root = ROOT.exec(url)
  if (!root) {
    throw fault(
      'invalid',
      'redis/url',
      'The address of a Redis Cluster is redis-cluster://host:port,host:port',
    )
  }
  const [, tls, username, password, hosts] = root
  const again = reconnect()
  const socket = { connectTimeout: timeoutMs, reconnectStrategy: again.strategy }
  const cluster = createCluster({
    rootNodes: hosts!.split(',').map((host) => ({ url: `redis${tls}://${host}` })),
    RESP: 2,
    minimizeConnections: true,
    // How soon it asks who has taken over from a node that is away.
    topologyRefreshOnReconnectionAttemptStrategy: 500,
    defaults: {
      ...(username ? { username: decodeURIComponent(username) } : {}),
      ...(password ? { password: decodeURIComponent(password) } : {}),
      commandsQueueMaxLength: queueLength,
      // A node that is away answers at once: its slots may already live elsewhere.
      disableOfflineQueue: true,
      socket: tls ? { ...socket, tls: true } : socket,
    },
    commandOptions: { timeout: 0 },
  })
  cluster.on('error', () => {})
  cluster.on('node-error', () => {})
  await cluster.connect()
  again.connected()
  return {
    send: (key, command) => cluster.sendCommand(key, false, command as (string | Buffer)[]),
    close: () => cluster.destroy(),
  }
}
