// Runs the tests: `npm test` all of them on embedded engines; `npm run test:engines` those that name a real engine,
// on real ones. Further arguments are files or folders: `npm test -- kernel`.
import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { embeddedPostgres } from '#engines/postgres/embedded.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { engineVariables, startEngines } from './engines.ts'

const root = join(import.meta.dirname, '..')
const wantsReal = process.argv.includes('--engines')
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const FILE_TIMEOUT_MS = 240_000

const all = globSync('**/*.test.ts', {
  cwd: root,
  exclude: (path) => /^(node_modules|data)/.test(String(path)),
}).map(String)
const namesRealEngine = (file: string) =>
  file.startsWith('engines/postgres/') ||
  readFileSync(join(root, file), 'utf8').includes('#testing/engines.ts')
const files = all
  .filter((file) => !wantsReal || namesRealEngine(file))
  .filter((file) => asked.length === 0 || asked.some((part) => file.startsWith(part)))
  .sort()

process.exitCode = wantsReal ? await onRealEngines() : await onEmbedded()

async function onEmbedded(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'doubloon-suite-'))
  const postgres = await embeddedPostgres(folder, rootLog({ level: 'silent' }))
  try {
    return await run({ TEST_EMBEDDED_POSTGRES: JSON.stringify(postgres.connection) })
  } finally {
    await postgres.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function onRealEngines(): Promise<number> {
  const engines = await startEngines(['postgres', 'redis', 'redis-cluster', 'kafka', 'clickhouse', 'etcd'])
  try {
    // The same suites, on an older PostgreSQL than the embedded one: the SQL must suit both.
    const variables = engineVariables(engines.urls)
    const connection = { connectionString: variables['TEST_POSTGRES_URL'] }
    return await run({ ...variables, TEST_EMBEDDED_POSTGRES: JSON.stringify(connection) })
  } finally {
    await engines.stop()
  }
}

function run(env: Record<string, string>): Promise<number> {
  const args = [
    '--test',
    `--test-concurrency=${Math.min(2, cpus().length)}`,
    `--test-timeout=${FILE_TIMEOUT_MS}`,
    ...files,
  ]
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  return new Promise((done) => child.once('exit', (code) => done(code ?? 1)))
}
