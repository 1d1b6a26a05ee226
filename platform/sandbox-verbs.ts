import type { Command } from 'commander'
import type { Api } from '#kernel/api.ts'
import type { Capability } from '#kernel/capability.ts'
import { connectSandbox } from './first-run.ts'

/** `doubloon sandbox connect`: makes a sandbox started by hand, with a world of your own, the world behind us. */
export function sandboxVerbs(
  program: Command,
  rooms: readonly Capability[],
  connect: () => Promise<Api>,
  douyinUrl: string,
): void {
  const sandbox = program
    .command('sandbox')
    .description('a world to try things in (start one with `npm run sandbox`)')
  sandbox
    .command('connect')
    .description(
      'connect every account and shop of the sandbox at DOUYIN_URL, and have its webhooks sent to us',
    )
    .option('--url <url>', 'where the sandbox answers', douyinUrl)
    .option('--json', 'as JSON')
    .action(async ({ url, json }: { url: string; json?: boolean }) => {
      const platform = await connect()
      const connected = await connectSandbox(rooms, platform, url.replace(/\/$/, ''))
      await platform.close()
      console.log(json ? JSON.stringify({ connected }) : `${connected} accounts and shops connected`)
    })
}
