#!/usr/bin/env node
// `npx doubloon <verb>`: prepares a fresh clone if need be, then runs cli.ts on the Node 24 of this project.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const prepared = spawnSync(process.execPath, [join(root, 'tools', 'setup.mjs')], { stdio: 'inherit' })
if (prepared.status !== 0) process.exit(prepared.status ?? 1)

const ours = join(root, 'node_modules', '.bin', 'node')
const child = spawn(
  existsSync(ours) ? ours : process.execPath,
  [join(root, 'cli.ts'), ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
)
// Ctrl-C reaches both; this one waits for the other to close in order.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 130 : 1)))
