import type { Ledger } from '#kernel/ledger.ts'
import { type Repeat, type Repeats, repeatKey } from './repeats.ts'

/** In the ledger the fast path is the index of the truth itself, looked at before anything is written: nothing to note. */
export const postgresRepeats = (ledger: Ledger): Repeats => ({
  async seen(messages) {
    const rows = await ledger.everywhere.query<Repeat>(SEEN, columns(messages), 'order-sync/repeats')
    if (rows.length === 0) return messages.map(() => false)
    const known = new Set(rows.map(repeatKey))
    return messages.map((message) => known.has(repeatKey(message)))
  },
  note: async () => {},
})

const SEEN = `
  select msg_id as "msgId", version, order_id as "orderId", shop_id as "shopId" from order_sync.message
   where (msg_id, version, order_id, shop_id) in (select * from unnest($1::text[], $2::text[], $3::text[], $4::text[]))`

const columns = (messages: readonly Repeat[]) => [
  messages.map(({ msgId }) => msgId),
  messages.map(({ version }) => version),
  messages.map(({ orderId }) => orderId),
  messages.map(({ shopId }) => shopId),
]
