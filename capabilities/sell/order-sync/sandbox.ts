import { api } from '#kernel/api.ts'
import type { ConnectSandbox } from '#kernel/capability.ts'

const ROOM = '/api/order-sync'

/** Connects the sandbox's shops as a person would, and tells the sandbox where their pushes go. */
const connectSandbox: ConnectSandbox = async (ours, sandboxUrl, isSetTo) => {
  if (!isSetTo('DOUDIAN_URL')) return 0
  const sandbox = api(sandboxUrl, '')
  const state = await sandbox.get<{ shops: { shopId: string }[] }>('/_sandbox/doudian/state')
  const { items } = await ours.get<{ items: { shopId: string; status: string }[] }>(`${ROOM}/shops`)
  const known = new Set(items.filter(({ status }) => status === 'active').map(({ shopId }) => shopId))
  const fresh = state.shops.filter(({ shopId }) => !known.has(shopId))
  for (const { shopId } of fresh) await ours.post(`${ROOM}/shops`, { shopId })
  // A target ends with the sandbox's process: it is told each time.
  for (const { shopId } of state.shops)
    await sandbox.put('/_sandbox/doudian/pushes/target', {
      shopId,
      url: `${ours.url}${ROOM}/push/${shopId}`,
    })
  return fresh.length
}

export default connectSandbox
