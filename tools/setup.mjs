// Prepares a fresh clone: installs what is missing, builds the console when asked to (--console). Plain Node 20, no
// dependency, run before `npm start` and `npm test`. Does nothing, in a few milliseconds, when all is there.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
const wantsConsole = process.argv.includes('--console')

main()

function main() {
  const [major] = process.versions.node.split('.').map(Number)
  if (major < 20)
    stop(`Node ${process.versions.node} is too old.`, 'Install Node 20 or newer, then run this again.')
  install()
  findNode24()
  if (wantsConsole) buildConsole()
}

function install() {
  const stamp = join(root, 'node_modules', '.doubloon-installed')
  const wanted = hash(join(root, 'package-lock.json'))
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  say('Installing packages (once; about 2.1 GB on disk, mostly the embedded engines) …')
  const from = Date.now()
  const hideSeconds = showSeconds()
  const done = run([...npm, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  hideSeconds()
  if (done.status !== 0) {
    const said = String(done.stderr)
    process.stderr.write(said)
    if (/ENOSPC/.test(said)) stop('The disk is full.', 'Free about 2 GB and run this again.')
    stop(
      'npm could not install the packages.',
      'Its reason is above; the package registry must be reachable once.',
    )
  }
  writeFileSync(stamp, wanted)
  say(`Installed in ${Math.round((Date.now() - from) / 1000)} s.`)
}

/** `spawnSync` blocks this process, so a small second one shows that something is happening. */
function showSeconds() {
  if (!process.stderr.isTTY) return () => {}
  const script = "let n=0;setInterval(()=>process.stderr.write('\\r  '+(++n)+' s '),1000)"
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'inherit'] })
  return () => {
    child.kill()
    process.stderr.write('\r        \r')
  }
}

function findNode24() {
  const ours = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
  if (existsSync(ours) || Number(process.versions.node.split('.')[0]) >= 24) return
  stop(
    `There is no Node 24 package for ${process.platform}-${process.arch}, and this Node is ${process.versions.node}.`,
    'Install Node 24 or newer and run this again.',
  )
}

function buildConsole() {
  const stamp = join(root, 'console', 'dist', '.built-from')
  const wanted = hashOfConsole()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  say('Building the console …')
  const from = Date.now()
  const done = run([...npm, 'run', '--silent', 'console:build', '--', '--logLevel', 'warn'], {
    stdio: 'inherit',
  })
  if (done.status !== 0) stop('The console could not be built.', 'The reason is above.')
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
  say(`Built in ${Math.round((Date.now() - from) / 1000)} s.`)
}

/** The console's sources and the pages in the rooms: when one of them changes, it is built again. */
function hashOfConsole() {
  const sum = createHash('sha256').update(hash(join(root, 'package-lock.json')))
  const isPage = (path) => /(page\.tsx|nav\.ts|words\.ts)$/.test(path) || /pages?\/[^/]+\.tsx?$/.test(path)
  const files = [
    ...walk(join(root, 'console')).filter((path) => !path.includes('/dist/')),
    ...walk(join(root, 'capabilities')).filter(isPage),
  ]
  for (const file of files.sort()) sum.update(file.slice(root.length)).update(readFileSync(file))
  return sum.digest('hex')
}

function walk(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? walk(path) : [path]
  })
}

function run([command, ...args], options) {
  return spawnSync(command, args, { cwd: root, ...options, shell: process.platform === 'win32' })
}

function hash(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

function say(text) {
  process.stderr.write(`doubloon: ${text}\n`)
}

function stop(what, cure) {
  process.stderr.write(`\ndoubloon: ${what}\n          ${cure}\n`)
  process.exit(1)
}
