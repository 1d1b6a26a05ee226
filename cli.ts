import { resolve } from 'node:path'
import { Command } from 'commander'
import { type Api, api } from '#kernel/api.ts'
import { describe, isFault } from '#kernel/fault.ts'
import { environment } from '#kernel/settings.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { doctor } from '#platform/doctor.ts'
import { connectOwnSandbox } from '#platform/first-run.ts'
import { openPlatform, VERSION } from '#platform/open.ts'
import { findRunning } from '#platform/run-file.ts'
import { sandboxVerbs } from '#platform/sandbox-verbs.ts'
import { expandHome, platformSettings } from '#platform/settings.ts'
import { vaultVerbs } from '#platform/vault-verbs.ts'
import { capabilities } from '#rooms'

let opened: Promise<Api> | undefined

try {
  const { values } = platformSettings(capabilities)
  const connect = (settings: Record<string, string> = {}) =>
    (opened ??= open(resolve(expandHome(values.doubloon.data)), settings))
  const program = new Command('doubloon')
    .description('A self-hosted engine for people who earn their living on Douyin.')
    .version(VERSION)
    .showHelpAfterError()
  program
    .command('doctor')
    .description('every engine: picked, version, reachable, latency, what to do')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      process.exitCode = await doctor(connect, json === true)
    })
  vaultVerbs(program, connect)
  sandboxVerbs(program, capabilities, connect, values.douyin.url)
  for (const room of capabilities) (await room.cli?.())?.default(program, connect)
  await program.parseAsync()
} catch (error) {
  const { code, message } = describe(error)
  console.error(`${message} (${code})`)
  if (isFault(error) && error.cure) console.error(error.cure)
  if (!isFault(error)) console.error(error)
  process.exitCode = 1
} finally {
  await (await opened?.catch(() => undefined))?.close()
}
// Timers and sockets of libraries must not keep a finished command alive.
process.exit()

/**
 * A client of the platform's API: of the one that runs on this data folder, otherwise of one opened for this command
 * alone, on a free port and without a word.
 */
async function open(data: string, settings: Record<string, string>): Promise<Api> {
  const running = await findRunning(data)
  if (running) return api(running.url, running.key)
  const platform = await openPlatform({
    rooms: capabilities,
    env: { ...environment(), ...settings, DOUBLOON_PORT: '0' },
    // What a command prints is its answer, and may be read by a program.
    log: rootLog({ level: 'error', to: 'stderr' }),
  })
  if (platform.sandbox) await connectOwnSandbox(capabilities, platform, platform.sandbox)
  return api(platform.url, platform.key, platform.close)
}
