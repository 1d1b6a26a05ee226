import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

/**
 * `node console/budget.ts`: measures console/dist and fails where a page asks for more than it may.
 * Sizes are kB of gzip, what a first visit to that page downloads; a room's own chunk is counted alone.
 */
const limits = { shell: 270, page: 420, chartPage: 540, room: 25 }

type Chunk = {
  file: string
  src?: string
  isEntry?: boolean
  imports?: string[]
  dynamicImports?: string[]
  css?: string[]
}

const dist = fileURLToPath(new URL('./dist/', import.meta.url))
const manifest: Record<string, Chunk> = JSON.parse(
  await readFile(`${dist}.vite/manifest.json`, 'utf8').catch(() => {
    console.error('console/dist is not built: npm run console:build')
    process.exit(1)
  }),
)

const sizes = new Map<string, number>()
for (const { file, css = [] } of Object.values(manifest))
  for (const name of [file, ...css]) sizes.set(name, gzipSync(await readFile(dist + name)).length / 1000)

/** The files that a chunk cannot run without. */
function needed(key: string, files = new Set<string>()): Set<string> {
  const chunk = manifest[key]
  if (!chunk || files.has(chunk.file)) return files
  for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file)
  for (const other of chunk.imports ?? []) needed(other, files)
  return files
}
const total = (files: Iterable<string>) => [...files].reduce((sum, file) => sum + (sizes.get(file) ?? 0), 0)

const [entry] = Object.entries(manifest).find(([, { isEntry }]) => isEntry)!
const shell = needed(entry)
const engine = Object.keys(manifest).find((key) => key.endsWith('parts/chart-engine.ts'))
const rows: { what: string; kB: number; limit: number }[] = [
  { what: 'shell', kB: total(shell), limit: limits.shell },
]

for (const [key, chunk] of Object.entries(manifest)) {
  const room = /capabilities\/[^/]+\/([^/]+)\/page\.tsx$/.exec(key)
  const own = /(?:^|\/)pages\/([\w-]+)\.tsx$/.exec(key)
  if (!room && !own) continue
  const files = needed(key, new Set(shell))
  const charts = engine !== undefined && reachesChart(key)
  if (charts) needed(engine, files)
  rows.push({
    what: room?.[1] ?? `pages/${own![1]}`,
    kB: total(files),
    limit: charts ? limits.chartPage : limits.page,
  })
  if (room) rows.push({ what: `${room[1]}, own chunk`, kB: sizes.get(chunk.file) ?? 0, limit: limits.room })
}

function reachesChart(key: string, seen = new Set<string>()): boolean {
  if (seen.has(key)) return false
  seen.add(key)
  const { imports = [], dynamicImports = [] } = manifest[key] ?? {}
  return (
    dynamicImports.includes(engine!) || imports.some((other) => other !== entry && reachesChart(other, seen))
  )
}

for (const { what, kB, limit } of rows)
  console.log(
    `${kB > limit ? 'OVER' : ' ok '} ${what.padEnd(28)} ${kB.toFixed(1).padStart(7)} kB of ${limit}`,
  )
if (rows.some(({ kB, limit }) => kB > limit)) process.exit(1)
