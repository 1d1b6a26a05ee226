import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** How to run one server process. */
export interface Recipe {
  command: string
  args: readonly string[]
  cwd: string
  env?: Record<string, string> | undefined
  /** Runs as this uid and gid: PostgreSQL refuses to be root. */
  uid?: number | undefined
  /** Its output goes here. */
  logFile: string
  /** Asks the server to leave; some take SIGTERM as "wait for the clients". */
  stopSignal?: NodeJS.Signals
}

/** Starts processes and promises that none outlives us, even after a `kill -9` of this process. */
export interface ProcessKeeper {
  start(recipe: Recipe): Promise<ChildProcess>
  stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void>
  /** Stops what is left and removes `folder`. */
  close(): Promise<void>
}

/**
 * The guardian is a shell that reads the pids alive from a pipe. When the pipe breaks, however we died, it kills
 * them and removes the folder. It has its own session, so a Ctrl-C meant for us does not reach it.
 */
const GUARDIAN =
  'trap "" INT TERM HUP; while read -r line; do pids=$line; done; if [ -n "$pids" ]; then kill -KILL $pids; sleep 1; fi; rm -rf "$0"'

export function processKeeper(folder: string): ProcessKeeper {
  const alive = new Map<ChildProcess, Recipe>()
  const guardian = spawn('/bin/sh', ['-c', GUARDIAN, folder], {
    detached: true,
    env: environment({}),
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guardian.unref()
  guardian.stdin.on('error', () => {})
  const tellGuardian = () => guardian.stdin.write(`${[...alive.keys()].map((c) => c.pid).join(' ')}\n`)

  const stop = async (child: ChildProcess, signal: NodeJS.Signals) => {
    if (!alive.has(child)) return
    child.ref()
    const gone = once(child, 'exit')
    child.kill(signal)
    const patience = delay(10_000, undefined, { ref: false }).then(() => child.kill('SIGKILL'))
    await Promise.race([gone, patience.then(() => gone)])
  }

  return {
    stop,
    async start(recipe) {
      const log = openSync(recipe.logFile, 'a')
      const child = spawn(recipe.command, recipe.args, {
        cwd: recipe.cwd,
        env: environment(recipe.env),
        detached: true,
        stdio: ['ignore', log, log],
        ...(recipe.uid === undefined ? {} : { uid: recipe.uid, gid: recipe.uid }),
      })
      closeSync(log)
      child.unref()
      await once(child, 'spawn')
      alive.set(child, recipe)
      tellGuardian()
      child.once('exit', () => {
        alive.delete(child)
        tellGuardian()
      })
      return child
    },
    async close() {
      await Promise.all([...alive].map(([child, recipe]) => stop(child, recipe.stopSignal ?? 'SIGTERM')))
      guardian.ref()
      guardian.stdin.end()
      if (guardian.exitCode === null) await once(guardian, 'exit')
    },
  }
}

/** Servers lie in folders that the PATH of an ordinary user does not name. */
export const SERVER_FOLDERS = ['/usr/local/bin', '/usr/bin', '/usr/local/sbin', '/usr/sbin', '/bin', '/sbin']

const environment = (more: Record<string, string> = {}) => ({
  ...process.env,
  PATH: [process.env['PATH'], ...SERVER_FOLDERS].join(':'),
  ...more,
})

/** Runs a command to its end. Throws its last words when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  options: { uid?: number; env?: Record<string, string> } = {},
): Promise<string> {
  const { uid, env } = options
  const child = spawn(command, args, {
    cwd: '/',
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  let said = ''
  child.stdout.on('data', (chunk) => (said += chunk))
  child.stderr.on('data', (chunk) => (said += chunk))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ${args[0] ?? ''} ended with ${code}:\n${said.slice(-2000)}`)
  return said
}

/** Ports nobody listens on right now; asked for together so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

/** Polls until `holds`; throws when that takes too long or when `gaveUp` says that it is in vain. */
export async function until(
  what: string,
  holds: () => Promise<boolean>,
  { seconds = 60, gaveUp = () => false }: { seconds?: number; gaveUp?: () => boolean } = {},
): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  while (!(await holds().catch(() => false))) {
    if (gaveUp()) throw new Error(`${what} left while it started`)
    if (Date.now() > deadline) throw new Error(`${what} was not ready after ${seconds} s`)
    await delay(50)
  }
}

export const hasLeft = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** Polls until a server is ready; its error carries the end of the server's log. */
export async function untilReady(
  what: string,
  { child, logFile, isReady }: { child: ChildProcess; logFile: string; isReady: () => Promise<boolean> },
): Promise<void> {
  await until(what, isReady, { gaveUp: () => hasLeft(child) }).catch(async (error: Error) => {
    const log = await readFile(logFile, 'utf8').catch(() => '')
    throw new Error(`${error.message}. Its log ends:\n${log.slice(-3000)}`)
  })
}
