import { parseArgs } from 'node:util'
import { startSandbox } from './sandbox.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8788' },
    host: { type: 'string', default: '127.0.0.1' },
    seed: { type: 'string', default: '1' },
    world: { type: 'string' },
    now: { type: 'string' },
    static: { type: 'boolean', default: false },
    drift: { type: 'string', default: '0.2' },
    state: { type: 'string' },
    'client-key': { type: 'string' },
    'client-secret': { type: 'string' },
    'webhook-url': { type: 'string' },
    'until-stdin-ends': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const usage = `node sandbox/main.ts [options]
  --port 8788            port to listen on (0 = any)
  --host 127.0.0.1
  --seed 1               the same seed gives the same world and the same faults
  --world <dir>          load NDJSON files instead of the built-in world
  --static               the built-in world stands still
  --now <time>           where the clock starts: ISO time or Unix milliseconds
  --drift 0.2            share of numbers written as text
  --state <file>         keep grants over a restart
  --client-key, --client-secret, --webhook-url
  --until-stdin-ends     stop with whoever started it, even if it was killed`

if (values.help) {
  console.log(usage)
} else {
  try {
    await run()
  } catch (error) {
    console.error(`The sandbox could not start: ${sentence(error)}`)
    process.exitCode = 1
  }
}

async function run() {
  const sandbox = await startSandbox({
    port: Number(values.port),
    host: values.host,
    seed: Number(values.seed),
    live: !values.static && !values.world,
    drift: Number(values.drift),
    ...(values.world && { world: values.world }),
    ...(values.now && { nowMs: momentOf(values.now) }),
    ...(values.state && { stateFile: values.state }),
    ...(values['client-key'] && { clientKey: values['client-key'] }),
    ...(values['client-secret'] && { clientSecret: values['client-secret'] }),
    ...(values['webhook-url'] && { webhookUrl: values['webhook-url'] }),
  })
  console.log(`sandbox ready ${sandbox.url} client-key ${sandbox.clientKey}`)
  const stop = () => void sandbox.close().then(() => process.exit(0))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  if (values['until-stdin-ends']) process.stdin.once('close', stop).resume()
}

function momentOf(text: string): number {
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isNaN(ms)) throw new Error(`--now ${text} is no time`)
  return ms
}

function sentence(error: unknown): string {
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
    return `port ${values.port} is taken; choose another with --port`
  return error instanceof Error ? error.message : String(error)
}
