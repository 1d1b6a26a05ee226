import { parseArgs } from 'node:util'
import { describe, isFault } from '#kernel/fault.ts'
import { connectOwnSandbox } from '#platform/first-run.ts'
import { openPlatform, type Role } from '#platform/open.ts'
import { capabilities } from '#rooms'

const { values } = parseArgs({ options: { roles: { type: 'string', default: 'web,worker,grpc' } } })
const roles = values.roles.split(',') as Role[]

try {
  const platform = await openPlatform({ rooms: capabilities, roles })
  const { url, grpcAddress, sandbox, log } = platform

  let closing: Promise<void> | undefined
  const close = (signal: string) => {
    if (closing) return
    console.log(`\n${signal}: closing; what was accepted is kept.`)
    closing = platform.close().then(() => process.exit(0))
  }
  process.on('SIGINT', close)
  process.on('SIGTERM', close)

  if (roles.includes('web')) {
    console.log(`\n  Doubloon is ready at ${url}`)
    console.log(`  Sign in, once, with: ${await platform.signInLink()}\n`)
  } else console.log('\n  Doubloon works in the background.\n')
  if (grpcAddress) console.log(`  gRPC answers at ${grpcAddress}\n`)
  if (sandbox) {
    console.log(`  No Douyin app is set, so the sandbox plays the platform: ${sandbox.url}`)
    await connectOwnSandbox(capabilities, platform, sandbox).catch((error) =>
      log.warn(describe(error), 'the sandbox is not connected yet'),
    )
  }
} catch (error) {
  const { code, message } = describe(error)
  console.error(`\nDoubloon cannot start: ${message}${isFault(error) && error.cure ? `\n${error.cure}` : ''}`)
  if (!isFault(error)) console.error(error)
  else if (code === 'postgres/no-start') console.error(error.cause ?? '')
  process.exit(1)
}
