import type { Etcd3, Namespace } from 'etcd3'
import { fault, isFault } from '#kernel/fault.ts'

export interface Etcd {
  /** Everything of ours lives under one namespace, so that an etcd can be shared. */
  readonly keys: Namespace
  probe(): Promise<{ version: string; latencyMs: number }>
  close(): Promise<void>
}

/** Opens `http(s)://[user:password@]host:port`, several separated by commas. Throws `unavailable` when nobody answers. */
export async function openEtcd(
  url: string,
  { timeoutMs = 5000, namespace = 'doubloon/' } = {},
): Promise<Etcd> {
  // Loaded here, so that an installation without etcd never pays for the library.
  const { Etcd3 } = await import('etcd3')
  const hosts = url.split(',').map((host) => new URL(host))
  const { username, password } = hosts[0]!
  const client: Etcd3 = new Etcd3({
    hosts: hosts.map((host) => host.origin),
    dialTimeout: timeoutMs,
    ...(username
      ? { auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) } }
      : {}),
    defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + timeoutMs }),
  })
  const probe = async () => {
    const since = performance.now()
    const { version } = await client.maintenance.status().catch((error: unknown) => {
      throw etcdFault(error)
    })
    return { version, latencyMs: performance.now() - since }
  }
  const close = async () => client.close()
  await probe().catch(async (error) => {
    await close()
    throw error
  })
  return { keys: client.namespace(namespace), probe, close }
}

/** Vendor error to fault. */
export function etcdFault(error: unknown): unknown {
  if (isFault(error) || !(error instanceof Error)) return error
  if (/Auth|Permission|Unauthenticated/.test(error.constructor.name)) {
    return fault('denied', 'etcd/credentials', 'etcd refused our credentials', { cause: error })
  }
  return fault('unavailable', 'etcd/away', 'etcd cannot be reached', { cause: error })
}
