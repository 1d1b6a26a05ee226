import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { aptInstall, findCommand, findPostgres, kafkaJars } from './engine-install.ts'
import { freePorts, type Recipe, run, until } from './engine-process.ts'

export type EngineName = 'redis' | 'redis-cluster' | 'postgres' | 'kafka' | 'clickhouse' | 'etcd'

export interface EngineOptions {
  /** Redis writes what it accepts to a file, so that a killed one comes back with its data. Default true. */
  appendOnly?: boolean
  /** Replicas for each of the three masters of the Redis Cluster. Default 0. */
  replicas?: number
  progress?: (line: string) => void
}

/** One server process of an engine. */
export interface Node {
  recipe: Recipe
  isReady: () => Promise<boolean>
}

/** An engine, installed and with its folder prepared, ready to be started (and started again). */
export interface Prepared {
  url: string
  nodes: Node[]
  /** Runs once, when all nodes answer for the first time. */
  join?: () => Promise<void>
}

type Prepare = (folder: string, options: Required<EngineOptions>) => Promise<Prepared>

const NOBODY = 65534
const asRoot = () => process.getuid?.() === 0

/** Sends `bytes` and tells whether the answer matches: ready means that it speaks, not that a port is open. */
function answers(
  port: number,
  bytes: string | Buffer,
  expected: (answer: Buffer) => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    const done = (ready: boolean) => {
      socket.destroy()
      resolve(ready)
    }
    socket.setTimeout(2000, () => done(false))
    socket.once('data', (answer) => done(expected(answer)))
    socket.once('error', () => done(false))
    socket.once('close', () => resolve(false))
  })
}

const answersHttp = async (url: string) => (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok

async function redisNode(
  folder: string,
  port: number,
  { appendOnly }: { appendOnly: boolean },
  more: string[],
): Promise<Node> {
  await mkdir(folder, { recursive: true })
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: appendOnly ? 'yes' : 'no', // The default, everysec, may answer before it has written, for up to two seconds.
    appendfsync: 'always',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  return {
    recipe: { command: 'redis-server', args: [...args, ...more], cwd: folder, logFile: join(folder, 'log') },
    isReady: () => answers(port, 'PING\r\n', (answer) => answer.toString().startsWith('+PONG')),
  }
}

const redis: Prepare = async (folder, options) => {
  if (!findCommand('redis-server')) await aptInstall(['redis-server'], options.progress)
  const [port] = await freePorts(1)
  return { url: `redis://127.0.0.1:${port}`, nodes: [await redisNode(folder, port!, options, [])] }
}

const redisCluster: Prepare = async (folder, options) => {
  if (!findCommand('redis-server')) await aptInstall(['redis-server'], options.progress)
  const size = 3 * (1 + options.replicas)
  const ports = await freePorts(size * 2)
  const addresses = ports.slice(0, size).map((port) => `127.0.0.1:${port}`)
  const nodes = addresses.map((_, i) =>
    redisNode(join(folder, String(i)), ports[i]!, options, [
      ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
      ...['--cluster-port', String(ports[size + i]), '--cluster-node-timeout', '2000'],
      // A replica that has not been copied to yet cannot take over: copy at once.
      ...['--repl-diskless-sync-delay', '0'],
    ]),
  )
  return {
    url: `redis-cluster://${addresses.slice(0, 3).join(',')}`,
    nodes: await Promise.all(nodes),
    async join() {
      const create = ['--cluster', 'create', ...addresses, '--cluster-replicas', String(options.replicas)]
      await run('redis-cli', [...create, '--cluster-yes'])
      const all = ports.slice(0, size)
      await until('the Redis Cluster', async () => {
        const nodes = all.map(async (port) => {
          const isWhole = await answers(port, 'CLUSTER INFO\r\n', (info) => info.includes('cluster_state:ok'))
          const isSynced = await answers(
            port,
            'INFO replication\r\n',
            (info) => !info.includes('link_status:down'),
          )
          return isWhole && isSynced
        })
        return (await Promise.all(nodes)).every(Boolean)
      })
    },
  }
}

const postgres: Prepare = async (folder, { progress }) => {
  if (!(await findPostgres())) await aptInstall(['postgresql-15'], progress)
  const bin = (await findPostgres())!
  const [port] = await freePorts(1)
  const data = join(folder, 'data')
  const uid = asRoot() ? NOBODY : undefined
  await mkdir(data, { recursive: true })
  if (uid) for (const path of [folder, data]) await chown(path, uid, uid)
  await chmod(folder, 0o755)
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']
  await run(join(bin, 'initdb'), initdb, uid ? { uid } : {})
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: folder,
    shared_buffers: '64MB',
    max_connections: 200,
  }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    nodes: [
      {
        // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
        recipe: {
          command: join(bin, 'postgres'),
          args: ['-D', data, ...args],
          cwd: folder,
          uid,
          logFile: join(folder, 'log'),
          stopSignal: 'SIGINT',
        },
        isReady: () => answers(port!, POSTGRES_HELLO, (answer) => answer[0] === 0x52),
      },
    ],
  }
}

/** A start-up packet for user postgres; `R` (0x52) is the answer of a server that lets clients in. */
const POSTGRES_HELLO = (() => {
  const body = Buffer.from('\0\x03\0\0user\0postgres\0database\0postgres\0\0', 'latin1')
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length + 4)
  return Buffer.concat([length, body])
})()

const kafka: Prepare = async (folder, { progress }) => {
  const jars = await kafkaJars(progress)
  const [port, controllerPort] = await freePorts(2)
  const config = join(folder, 'server.properties')
  await mkdir(folder, { recursive: true })
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'log.cleaner.enable': false,
    // A killed broker may register again only when its session has run out.
    'broker.session.timeout.ms': 2000,
    'broker.heartbeat.interval.ms': 500,
    'num.network.threads': 2,
    'num.io.threads': 4,
  }
  await writeFile(
    config,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  const logging = join(folder, 'log4j2.properties')
  await writeFile(
    logging,
    'rootLogger.level=warn\nrootLogger.appenderRef.a.ref=out\nappender.a.type=Console\nappender.a.name=out\nappender.a.layout.type=PatternLayout\nappender.a.layout.pattern=%d %p %c: %m%n%ex\n',
  )
  const java = [
    '-Xmx256m',
    '-Xms64m',
    '-XX:+UseSerialGC',
    `-Dlog4j2.configurationFile=${logging}`,
    '-cp',
    `${jars}/*`,
  ]
  await run('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', config])
  return {
    url: `127.0.0.1:${port}`,
    nodes: [
      {
        recipe: {
          command: 'java',
          args: [...java, 'kafka.Kafka', config],
          cwd: folder,
          logFile: join(folder, 'log'),
          // Their data goes away with them: no reason to wait for an orderly end.
          stopSignal: 'SIGKILL',
        },
        isReady: () => answers(port!, KAFKA_API_VERSIONS, (answer) => answer.length > 8),
      },
    ],
  }
}

/** 16 bytes in base64url, any will do. */
const CLUSTER_ID = 'ZG91Ymxvb24tZW5naW5lcw'

/** An ApiVersions request, version 0, correlation id 1, no client id. */
const KAFKA_API_VERSIONS = Buffer.from('0000000a0012000000000001ffff', 'hex')

const clickhouse: Prepare = async (folder, { progress }) => {
  if (!findCommand('clickhouse-server')) await aptInstall(['clickhouse-server'], progress)
  const [httpPort, tcpPort, interserverPort] = await freePorts(3)
  await mkdir(join(folder, 'tmp'), { recursive: true })
  const config = join(folder, 'config.xml')
  await writeFile(
    config,
    `<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${httpPort}</http_port><tcp_port>${tcpPort}</tcp_port><interserver_http_port>${interserverPort}</interserver_http_port>
  <path>${folder}/data/</path><tmp_path>${folder}/tmp/</tmp_path>
  <users_config>${folder}/users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database>
  <mark_cache_size>33554432</mark_cache_size><uncompressed_cache_size>0</uncompressed_cache_size>
  <max_concurrent_queries>50</max_concurrent_queries><timezone>UTC</timezone>
</yandex>
`,
  )
  await writeFile(
    join(folder, 'users.xml'),
    `<yandex>
  <profiles><default><max_memory_usage>1000000000</max_memory_usage><max_threads>2</max_threads></default></profiles>
  <users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
  <quotas><default></default></quotas>
</yandex>
`,
  )
  return {
    url: `http://127.0.0.1:${httpPort}`,
    nodes: [
      {
        recipe: {
          command: 'clickhouse-server',
          args: [`--config-file=${config}`],
          cwd: folder,
          logFile: join(folder, 'log'),
          // Their data goes away with them: no reason to wait for an orderly end.
          stopSignal: 'SIGKILL',
        },
        isReady: () => answersHttp(`http://127.0.0.1:${httpPort}/?query=SELECT%201`),
      },
    ],
  }
}

const etcd: Prepare = async (folder, { progress }) => {
  if (!findCommand('etcd')) await aptInstall(['etcd-server'], progress)
  const [clientPort, peerPort] = await freePorts(2)
  await mkdir(folder, { recursive: true })
  const [client, peer] = [`http://127.0.0.1:${clientPort}`, `http://127.0.0.1:${peerPort}`]
  const settings = {
    'data-dir': join(folder, 'data'),
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `default=${peer}`,
  }
  const args = Object.entries(settings).map(([name, value]) => `--${name}=${value}`)
  return {
    url: client,
    nodes: [
      {
        recipe: { command: 'etcd', args, cwd: folder, logFile: join(folder, 'log') },
        isReady: () => answersHttp(`${client}/health`),
      },
    ],
  }
}

export const RECIPES: Record<EngineName, Prepare> = {
  redis,
  'redis-cluster': redisCluster,
  postgres,
  kafka,
  clickhouse,
  etcd,
}
