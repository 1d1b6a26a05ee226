import { type Api, api } from '#kernel/api.ts'
import type { Capability } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'
import type { SettingLine } from '#kernel/settings.ts'

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
  const told = await ours.get<{ rooms: { settings: SettingLine[] }[] }>('/api/system/settings')
  const settings = new Map(
    told.rooms.flatMap(({ settings }) => settings.map(({ env, value }) => [env, value] as const)),
  )
  const isSetTo = (setting: string) => settings.get(setting) === sandboxUrl
  let fresh = 0
  for (const room of rooms) fresh += (await (await room.sandbox?.())?.default(ours, sandboxUrl, isSetTo)) ?? 0
  return fresh
}

/** The same for a platform in this process. */
export const connectOwnSandbox = (
  rooms: readonly Capability[],
  platform: { url: string; key: string },
  sandbox: { url: string },
): Promise<number> => connectSandbox(rooms, api(platform.url, platform.key), sandbox.url)
