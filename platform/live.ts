import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger } from '#kernel/ledger.ts'
import type { Live, LivePatch } from '#kernel/live.ts'

const CHANNEL = 'live'
/** A notification of PostgreSQL carries 8,000 bytes at most. */
const PAYLOAD_BYTES = 7_900
/** A row that changes a thousand times a second is told four times a second. */
const COALESCE_MS = 250
const WAITING_MAX = 5_000

type Ear = (patch: LivePatch, id: number) => void

/** What changed, told to the open pages of all processes through the ledger's notifications. */
export async function liveHub(ledger: Ledger): Promise<Live & { close(): void }> {
  const ears = new Map<WorkspaceId, Set<Ear>>()
  const waiting = new Map<string, { workspace: WorkspaceId; patch: LivePatch }>()
  let timer: NodeJS.Timeout | undefined
  let lastId = Date.now()

  const forget = await ledger.listen(CHANNEL, (payload) => {
    if (!payload) return
    const { workspace, patch } = JSON.parse(payload) as { workspace: WorkspaceId; patch: LivePatch }
    const id = ++lastId
    for (const hear of ears.get(workspace) ?? []) hear(patch, id)
  })

  const flush = async () => {
    timer = undefined
    const batch = [...waiting.values()]
    waiting.clear()
    for (const told of batch) {
      const payload = JSON.stringify(told)
      if (Buffer.byteLength(payload) <= PAYLOAD_BYTES) await ledger.notify(CHANNEL, payload).catch(() => {})
    }
  }

  return {
    publish(workspace, patch) {
      const key = `${workspace} ${patch.topic} ${patch.key}`
      if (waiting.size >= WAITING_MAX && !waiting.has(key)) return
      waiting.set(key, { workspace, patch })
      timer ??= setTimeout(() => void flush(), COALESCE_MS)
    },
    subscribe(workspace, hear) {
      const set = ears.get(workspace) ?? new Set()
      ears.set(workspace, set.add(hear))
      return () => void set.delete(hear)
    },
    close() {
      clearTimeout(timer)
      forget()
    },
  }
}
