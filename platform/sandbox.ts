import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fault } from '#kernel/fault.ts'
import { inherited } from '#kernel/settings.ts'
import type { Closers } from './closers.ts'
import { keepsake } from './keepsakes.ts'

export interface OwnSandbox {
  url: string
  clientKey: string
  clientSecret: string
}

const START_TIMEOUT_MS = 30_000

/** Starts the world in miniature as a process of its own, and stops it with us. */
export async function startOwnSandbox(data: string, closers: Closers): Promise<OwnSandbox> {
  const clientKey = 'sandbox'
  const clientSecret = keepsake(join(data, 'sandbox-secret'))
  const main = join(import.meta.dirname, '../sandbox/main.ts')
  const state = join(data, 'sandbox-grants.json')
  const child = spawn(
    process.execPath,
    [
      main,
      ...['--port', '0', '--state', state],
      // One word each: a secret may begin with a dash.
      ...[`--client-key=${clientKey}`, `--client-secret=${clientSecret}`],
      '--until-stdin-ends',
    ],
    { stdio: ['pipe', 'pipe', 'inherit'], env: inherited('PATH', 'TZ'), detached: true },
  )
  closers.add('sandbox', () => void child.kill('SIGTERM'))
  const ready = Promise.withResolvers<string>()
  createInterface(child.stdout).on('line', (line) => {
    const url = /^sandbox ready (\S+)/.exec(line)?.[1]
    if (url) ready.resolve(url)
  })
  child.once('exit', (code) =>
    ready.reject(fault('unavailable', 'sandbox/no-start', `The sandbox ended with code ${code}`)),
  )
  const timer = setTimeout(
    () => ready.reject(fault('unavailable', 'sandbox/slow', 'The sandbox did not start')),
    START_TIMEOUT_MS,
  )
  return { url: await ready.promise.finally(() => clearTimeout(timer)), clientKey, clientSecret }
}
