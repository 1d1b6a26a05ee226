// `npm run check`: everything that can be known without running the product. All checks run; the exit code is 1 when
// one of them fails.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const bin = (name: string) => join(root, 'node_modules', '.bin', name)

const checks: [what: string, command: string, args: string[]][] = [
  ['types (TypeScript)', bin('tsc'), ['--noEmit', '-p', 'tsconfig.json']],
  ['format and lint (Biome)', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['rules of the house (tidy)', process.execPath, ['--test', 'tools/tidy.test.ts']],
  ['settings (.env.example)', process.execPath, ['tools/settings.ts', '--check']],
  ['lockfile', process.execPath, ['tools/lockfile.mjs', '--check']],
  ['dead files and exports (knip)', bin('knip'), ['--no-progress']],
]

let failed = 0
for (const [what, command, args] of checks) {
  const from = Date.now()
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  console.log(`${status === 0 ? '✔' : '✖'} ${what} (${Date.now() - from} ms)`)
  if (status === 0) continue
  failed += 1
  console.log(`${stdout}${stderr}`.trimEnd())
}
process.exitCode = failed > 0 ? 1 : 0
