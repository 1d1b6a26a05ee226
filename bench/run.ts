// `npm run bench [name]`: our numbers beside a peer's, in one run. A bench lives in the room whose promise it measures.
import { globSync } from 'node:fs'
import { join } from 'node:path'

export interface Bench {
  name: string
  /** Measures and prints; throws when it cannot measure. */
  run(): Promise<void>
}

const root = join(import.meta.dirname, '..')
const files = globSync('{capabilities,engines,kernel,console}/**/*.bench.ts', { cwd: root })
  .map(String)
  .sort()
const wanted = process.argv.slice(2)
const benches = await Promise.all(
  files.map(async (file) => (await import(join(root, file))).default as Bench),
)
const chosen = benches.filter(({ name }) => wanted.length === 0 || wanted.includes(name))

if (chosen.length === 0) {
  console.error(
    `There is no bench "${wanted.join(' ')}". There are: ${benches.map(({ name }) => name).join(', ')}`,
  )
  process.exit(1)
}
for (const { name, run } of chosen) {
  console.log(`\n${name}`)
  await run()
}
process.exit(0)
