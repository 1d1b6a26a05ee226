import { type Api, api } from '#kernel/api.ts'
import type { Capability } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'

/** Lets each room connect what the sandbox at `sandboxUrl` offers it. Answers with how much of it was new. */
export async function connectSandbox(
  rooms: readonly Capability[],
  ours: Api,
  sandboxUrl: string,
): Promise<number> {
  await fetch(`${sandboxUrl}/_sandbox/state`).catch((cause) => {
    throw fault('unavailable', 'sandbox/away', `No sandbox answers at ${sandboxUrl}`, {
      cause,
      cure: 'Start one with `npm run sandbox`, and set DOUYIN_URL to its address.',
    })
  })
  let fresh = 0
  for (const room of rooms) fresh += (await (await room.sandbox?.())?.default(ours, sandboxUrl)) ?? 0
  return fresh
}

/** The same for a platform in this process. */
export const connectOwnSandbox = (
  rooms: readonly Capability[],
  platform: { url: string; key: string },
  sandbox: { url: string },
): Promise<number> => connectSandbox(rooms, api(platform.url, platform.key), sandbox.url)
