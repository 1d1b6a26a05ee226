import type { Watcher } from 'etcd3'
import { fullJitterMs } from '#kernel/backoff.ts'
import { systemClock } from '#kernel/clock.ts'
import { type ConfigEntries, sameEntries, type WatchedConfig } from '#kernel/watched-config.ts'
import { type Etcd, etcdFault } from './etcd.ts'

/**
 * Watched config in etcd. A watch is only the bell: what it tells is read anew each time, so that a lost
 * connection or a compacted history cannot leave anybody behind.
 */
export function watchedConfig({ keys }: Etcd): WatchedConfig {
  const get = async (prefix: string): Promise<ConfigEntries> => {
    const found = await translated(keys.getAll().prefix(prefix).strings())
    return new Map(Object.entries(found))
  }
  return {
    get,
    async put(key, value) {
      if (value === null) await translated(keys.delete().key(key).exec())
      else await translated(keys.put(key).value(value).exec())
    },
    async watch(prefix, onChange, signal) {
      let known = await get(prefix)
      onChange(known)
      const look = lookAgain(async () => {
        const now = await get(prefix)
        return () => {
          if (!sameEntries(known, now)) onChange(now)
          known = now
        }
      }, signal)
      void ringOnChange(() => keys.watch().prefix(prefix).create(), look, signal)
    },
  }
}

const translated = <T>(answer: Promise<T>): Promise<T> =>
  answer.catch((error) => {
    throw etcdFault(error)
  })

/** Looks once more after the last ring, one look at a time; tries until etcd answers. */
function lookAgain(look: () => Promise<() => void>, signal: AbortSignal): () => Promise<void> {
  let isDue = false
  let isLooking = false
  return async () => {
    isDue = true
    if (isLooking) return
    isLooking = true
    for (let failures = 0; isDue && !signal.aborted; ) {
      isDue = false
      const tell = await look().catch(() => null)
      if (tell && !signal.aborted) tell()
      if (tell) continue
      isDue = true
      await systemClock.sleep(fullJitterMs(failures++, { baseMs: 50, capMs: 5000 }), signal)
    }
    isLooking = false
  }
}

/** Keeps a watch open. The client reconnects it; one that etcd cancelled is replaced. */
async function ringOnChange(
  create: () => Promise<Watcher>,
  ring: () => void,
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    const watcher = await create().catch(() => null)
    if (watcher) {
      failures = 0
      watcher.on('data', ring)
      watcher.on('connected', ring)
      ring()
      await cancelled(watcher, signal)
      watcher.removeAllListeners('data')
      if (signal.aborted) await watcher.cancel().catch(() => {})
    }
    await systemClock.sleep(fullJitterMs(failures, { baseMs: 50, capMs: 5000 }), signal)
  }
}

function cancelled(watcher: Watcher, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    watcher.on('error', () => resolve())
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
