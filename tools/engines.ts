import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasLeft, processKeeper, untilReady } from './engine-process.ts'
import { type EngineName, type EngineOptions, type Node, type Prepared, RECIPES } from './engine-recipes.ts'

export interface RunningEngines {
  /** By engine: a URL, or `host:port` for Kafka. */
  urls: Record<string, string>
  /** Stops all and removes their data. */
  stop(): Promise<void>
  /** Kills without warning (SIGKILL); data and ports stay. `node` picks one server of the Redis Cluster. */
  kill(name: EngineName, node?: number): Promise<void>
  /** Starts what was killed, on the same ports with the same data; resolves when it answers. */
  restart(name: EngineName, node?: number): Promise<void>
}

/** Starts real servers on free ports of 127.0.0.1, installing what is missing. They end with this process, however it ends. */
export async function startEngines(
  names: readonly EngineName[],
  options: EngineOptions = {},
): Promise<RunningEngines> {
  const progress = options.progress ?? ((line: string) => process.stderr.write(`engines: ${line}\n`))
  const folder = await mkdtemp(join(tmpdir(), 'doubloon-engines-'))
  await chmod(folder, 0o755)
  const keeper = processKeeper(folder)
  const prepared = new Map<EngineName, Prepared>()
  const children = new Map<Node, ChildProcess>()

  const startNode = async (name: string, node: Node) => {
    const child = await keeper.start(node.recipe)
    children.set(node, child)
    await untilReady(name, { child, logFile: node.recipe.logFile, isReady: node.isReady })
  }
  const open = async (name: EngineName) => {
    const since = Date.now()
    const engine = await RECIPES[name](join(folder, name), {
      appendOnly: true,
      replicas: 0,
      ...options,
      progress,
    })
    prepared.set(name, engine)
    await Promise.all(engine.nodes.map((node) => startNode(name, node)))
    await engine.join?.()
    progress(`${name} is ready at ${engine.url} (${((Date.now() - since) / 1000).toFixed(1)} s)`)
  }
  const nodesOf = (name: EngineName, node?: number) => {
    const nodes = prepared.get(name)?.nodes ?? []
    return node === undefined ? nodes : [nodes[node]!]
  }

  const opened = await Promise.allSettled([...new Set(names)].map(open))
  const failed = opened.find((result) => result.status === 'rejected')
  if (failed) {
    await keeper.close()
    throw failed.reason
  }
  return {
    urls: Object.fromEntries([...prepared].map(([name, engine]) => [name, engine.url])),
    stop: keeper.close,
    async kill(name, node) {
      await Promise.all(nodesOf(name, node).map((each) => keeper.stop(children.get(each)!, 'SIGKILL')))
    },
    async restart(name, node) {
      const dead = nodesOf(name, node).filter((each) => hasLeft(children.get(each)!))
      await Promise.all(dead.map((each) => startNode(name, each)))
    },
  }
}

/** The variables in which suites find the engines, see `testing/engines.ts`. */
const VARIABLES: Record<EngineName, string> = {
  postgres: 'TEST_POSTGRES_URL',
  redis: 'TEST_REDIS_URL',
  'redis-cluster': 'TEST_REDIS_CLUSTER_URL',
  kafka: 'TEST_KAFKA_BROKERS',
  clickhouse: 'TEST_CLICKHOUSE_URL',
  etcd: 'TEST_ETCD_URL',
}

export const engineVariables = (urls: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(urls).map(([name, url]) => [VARIABLES[name as EngineName], url]))

const USAGE = `node tools/engines.ts <engine...> [-- <command...>]
  Starts real engines (${Object.keys(VARIABLES).join(', ')}), runs the command with their addresses in
  ${Object.values(VARIABLES).join(', ')}
  and stops them when it ends. Without a command they run until Ctrl-C.\n`

async function main(args: readonly string[]): Promise<number> {
  const split = args.includes('--') ? args.indexOf('--') : args.length
  const names = args.slice(0, split) as EngineName[]
  const [command, ...rest] = args.slice(split + 1)
  if (names.length === 0 || names.some((name) => !(name in VARIABLES))) {
    process.stderr.write(USAGE)
    return 2
  }
  const asked = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal))
  })
  const engines = await startEngines(names)
  try {
    const variables = engineVariables(engines.urls)
    if (!command) {
      process.stdout.write(
        Object.entries(variables)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(''),
      )
      const forever = setInterval(() => {}, 60_000)
      await asked
      clearInterval(forever)
      return 0
    }
    const child = spawn(command, rest, { stdio: 'inherit', env: { ...process.env, ...variables } })
    asked.then((signal) => child.kill(signal))
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    return code ?? 128 + constants.signals[signal!]
  } finally {
    await engines.stop()
  }
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.slice(2)).catch((error: Error) => {
    process.stderr.write(`engines: ${error.message}\n`)
    return 1
  })
}
