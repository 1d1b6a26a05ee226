import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type Api, api } from '#kernel/api.ts'
import { until } from './until.ts'

const root = join(import.meta.dirname, '..')

export interface PlatformProcess {
  url: string
  api: Api
  child: ChildProcess
  /** The link that `main.ts` printed. */
  signInLink: string
}

export interface TestPlatform {
  data: string
  port: number
  /** Starts `main.ts` as its user would, and waits until it is ready. */
  start(): Promise<PlatformProcess>
  /** SIGKILL: no chance to close anything. */
  kill(running: PlatformProcess): Promise<void>
  /** SIGTERM, and waits for the orderly end. */
  stop(running: PlatformProcess): Promise<void>
  /** Asks the embedded ledger behind the platform's back, as its superuser. */
  sql<R extends pg.QueryResultRow>(text: string): Promise<R[]>
  postgresPid(): number
  /** Stops everything that is left, PostgreSQL included, and removes the data. */
  dispose(): Promise<void>
}

/** A platform in a process of its own, in a data folder of its own: for stories, and for killing it. */
export async function testPlatform(env: Record<string, string> = {}): Promise<TestPlatform> {
  const data = mkdtempSync(join(tmpdir(), 'doubloon-platform-'))
  const port = await freePort()
  const alive = new Set<ChildProcess>()

  const start = async (): Promise<PlatformProcess> => {
    const child = spawn(process.execPath, [join(root, 'main.ts')], {
      cwd: data,
      env: {
        PATH: process.env.PATH ?? '',
        LOG_LEVEL: 'warn',
        ...env,
        DOUBLOON_DATA: data,
        DOUBLOON_PORT: `${port}`,
        DOUBLOON_GRPC_PORT: '0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    alive.add(child)
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
    child.once('exit', () => alive.delete(child))
    const signInLink = await until(() => {
      if (child.exitCode !== null) throw new Error(`the platform ended at its start:\n${said}`)
      return /Sign in, once, with: (\S+)/.exec(said)?.[1]
    }, 60_000)
    const { url, key } = runFile()
    return { url, api: api(url, key), child, signInLink }
  }

  const end = async ({ child }: Pick<PlatformProcess, 'child'>, signal: NodeJS.Signals) => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
      await gone
    }
  }

  const runFile = (): { url: string; key: string } =>
    JSON.parse(readFileSync(join(data, 'platform.json'), 'utf8'))
  const postgresPid = () =>
    Number(readFileSync(join(data, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n')[0])

  return {
    data,
    port,
    start,
    postgresPid,
    kill: (running) => end(running, 'SIGKILL'),
    stop: (running) => end(running, 'SIGTERM'),
    async sql(text) {
      const client = new pg.Client({
        host: join(data, 'postgres/socket'),
        user: 'doubloon',
        database: 'postgres',
      })
      await client.connect()
      try {
        return (await client.query(text)).rows
      } finally {
        await client.end()
      }
    },
    async dispose() {
      for (const child of alive) await end({ child }, 'SIGTERM')
      try {
        process.kill(postgresPid(), 'SIGQUIT')
      } catch {
        // It was stopped in order already.
      }
      rmSync(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}
