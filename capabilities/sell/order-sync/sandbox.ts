import type { Api } from '#kernel/api.ts'
import type { ConnectSandbox } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'

const ROOM = '/api/order-sync'

/** Connects the sandbox's shops as a person would, and tells the sandbox where their pushes go. */
const connectSandbox: ConnectSandbox = async (ours: Api, sandboxUrl, isSetTo) => {
  if (!isSetTo('DOUDIAN_URL')) return 0
  const state = await control<{ shops: { shopId: string }[] }>(sandboxUrl, 'GET', '/_sandbox/doudian/state')
  const { items } = await ours.get<{ items: { shopId: string; status: string }[] }>(`${ROOM}/shops`)
  const known = new Set(items.filter(({ status }) => status === 'active').map(({ shopId }) => shopId))
  const fresh = state.shops.filter(({ shopId }) => !known.has(shopId))
  for (const { shopId } of fresh) await ours.post(`${ROOM}/shops`, { shopId })
  // A target ends with the sandbox's process: it is told each time.
  for (const { shopId } of state.shops)
    await control(sandboxUrl, 'PUT', '/_sandbox/doudian/pushes/target', {
      shopId,
      url: `${ours.url}${ROOM}/push/${shopId}`,
    })
  return fresh.length
}

export default connectSandbox

async function control<T>(sandboxUrl: string, method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(sandboxUrl + path, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
  }).catch((cause) => {
    throw fault('unavailable', 'sandbox/away', `No sandbox answers at ${sandboxUrl}`, { cause })
  })
  if (!answer.ok)
    throw fault('unavailable', 'sandbox/control', `The sandbox answered ${answer.status} to ${path}`)
  return (await answer.json()) as T
}
