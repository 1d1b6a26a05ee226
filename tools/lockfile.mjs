// Completes package-lock.json after `npm install` (`npm run lock`). npm leaves out optional packages of other platforms
// that the registry it asked does not have, and then refuses its own lockfile in `npm ci`. They are named here, so that
// a clean install works everywhere; where such a package cannot be had, npm goes on without it, as it is optional.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const file = join(dirname(fileURLToPath(import.meta.url)), '..', 'package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8'))

const SYSTEMS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'aix',
  'win32',
]
const CPUS = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'wasm32']

/** `cli-linux-arm64-musl` is for linux on arm64. */
function platformOf(name) {
  const os = SYSTEMS.find((system) => name.includes(system))
  const cpu = CPUS.find((kind) => new RegExp(`[-/]${kind}(-|$)`).test(name))
  const libc = name.endsWith('-musl') ? { libc: ['musl'] } : {}
  return { ...(cpu ? { cpu: [cpu] } : {}), ...libc, ...(os ? { os: [os] } : {}) }
}

const added = []
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const isThere = lock.packages[`node_modules/${name}`] ?? lock.packages[`${path}/node_modules/${name}`]
    if (isThere || !/^\d/.test(version)) continue
    lock.packages[`node_modules/${name}`] = {
      version,
      ...platformOf(name),
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
    }
    added.push(name)
  }
}
if (process.argv.includes('--check')) {
  if (added.length > 0) {
    console.error(`package-lock.json lacks ${added.join(', ')}: run \`npm run lock\` and commit it.`)
    process.exit(1)
  }
} else if (added.length > 0) {
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`)
  console.log(`added ${added.join(', ')}`)
}
