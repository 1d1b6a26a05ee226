import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { realEngine } from '#testing/engines.ts'
import { until } from '#testing/until.ts'

const LAUNCHER = fileURLToPath(import.meta.resolve('#tools/engines.ts'))

const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => resolve(true))
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy())
  })

/** Starts the launcher with a Redis of its own and tells its port. */
async function launched() {
  const launcher = spawn(process.execPath, [LAUNCHER, 'redis'], { stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  launcher.stdout.on('data', (chunk) => {
    said += chunk
  })
  const port = await until(() => Number(/TEST_REDIS_URL=\S+:(\d+)/.exec(said)?.[1]), 30_000)
  assert.equal(await isListening(port), true)
  return { launcher, port }
}

for (const signal of ['SIGKILL', 'SIGINT'] as const) {
  test(`no engine outlives a launcher that got ${signal}`, { timeout: 60_000 }, async (t) => {
    const given = realEngine('redis')
    if ('skip' in given) return t.skip(given.skip)
    const { launcher, port } = await launched()
    launcher.kill(signal)
    await once(launcher, 'exit')
    await until(async () => !(await isListening(port)))
  })
}

test('the launcher ends with the code of its command', { timeout: 60_000 }, async (t) => {
  const given = realEngine('redis')
  if ('skip' in given) return t.skip(given.skip)
  const launcher = spawn(process.execPath, [
    LAUNCHER,
    'redis',
    '--',
    'sh',
    '-c',
    'test -n "$TEST_REDIS_URL" && exit 7',
  ])
  assert.deepEqual(await once(launcher, 'exit'), [7, null])
})
