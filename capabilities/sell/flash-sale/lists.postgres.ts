import type { Tx } from '#kernel/ledger.ts'
import type { BuyerAttempt, ListedSale, Reservation, ReservationsAsk, SalesAsk } from './books.ts'
import { basketFrom, type Refusal, type State } from './flash-sale.ts'
import { type SaleRow, SELECT_SALE, saleFrom } from './sale.postgres.ts'

const PHASE = `case when s.status = 'closed' or s.closes_at <= now() then 'closed' when s.opens_at > now() then 'coming'
  when s.status = 'paused' then 'paused' else 'open' end`

/** Sales, the newest first, with their units as the ledger has them. */
export async function salesIn(tx: Tx, ask: SalesAsk): Promise<ListedSale[]> {
  const rows = await tx.query<SaleRow & ListedSale['units']>(
    `select it.*, units.* from (
       ${SELECT_SALE}
        where ($1::text is null or s.sale_id < $1) and ($2::text is null or ${PHASE} = $2)
          and ($3::boolean is null or (s.rehearsal is not null) = $3)
          and ($4::text is null or exists (select from flash_sale.sku k where k.sale_id = s.sale_id and k.sku = $4))
          and ($5::text is null or s.name ilike $5 or s.sale_id ilike $5 or exists
                (select from flash_sale.sku k where k.sale_id = s.sale_id and (k.sku ilike $5 or k.title ilike $5)))
        order by s.sale_id desc limit $6
     ) as it, lateral (
       select sum(k.stock)::int as stock, sum(k.free)::int as free, sum(k.held)::int as held, sum(k.sold)::int as sold
         from flash_sale.sku k where k.sale_id = it.sale_id
     ) as units order by it.sale_id desc`,
    [ask.after, ask.phase, ask.isRehearsal, ask.sku, ask.text && containing(ask.text), ask.limit],
  )
  return rows.map(({ stock, free, held, sold, ...row }) => ({
    ...saleFrom(row),
    units: { stock, free, held, sold },
  }))
}

const containing = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`

interface ReservationRow {
  attempt_id: string
  buyer_id: string
  items: string
  state: State
  decided_at: number
  expires_at: number
  settled_at: number | null
  reason: string | null
}

const reservationFrom = (row: ReservationRow): Reservation => ({
  reservationId: row.attempt_id,
  buyerId: row.buyer_id,
  items: basketFrom(row.items),
  state: row.state,
  reservedAtMs: row.decided_at,
  expiresAtMs: row.expires_at,
  settledAtMs: row.settled_at,
  reason: row.reason,
})

/** By id, or with those first that end first. */
export async function reservationsIn(tx: Tx, saleId: string, ask: ReservationsAsk): Promise<Reservation[]> {
  const { state, sort = 'id', after, limit } = ask
  if (sort === 'id') {
    const rows = await tx.query<ReservationRow>(
      `select * from flash_sale.attempt
        where sale_id = $1 and state is not null and ($2::text is null or state = $2)
          and ($3::text is null or attempt_id > $3) order by attempt_id limit $4`,
      [saleId, state, after, limit],
    )
    return rows.map(reservationFrom)
  }
  const [, ms = '', id = ''] = /^(\d{1,15})_(.*)$/.exec(after ?? '') ?? []
  const rows = await tx.query<ReservationRow>(
    // Spelled out, so that the index of held ones can be used.
    `select * from flash_sale.attempt
      where sale_id = $1 and ${state === 'held' ? "state = 'held'" : 'state is not null'}
        and ($2::text is null or state = $2)
        and ($3::float8 is null or (expires_at, attempt_id) > (to_timestamp($3 / 1000), $4))
      order by expires_at, attempt_id limit $5`,
    [saleId, state, ms === '' ? null : Number(ms), id, limit],
  )
  return rows.map(reservationFrom)
}

/** What one buyer tried, the latest first. */
export async function attemptsIn(
  tx: Tx,
  saleId: string,
  buyerId: string,
  limit: number,
): Promise<BuyerAttempt[]> {
  const rows = await tx.query<
    Omit<ReservationRow, 'state' | 'expires_at'> & {
      answer: 'reserved' | Refusal
      refused_sku: string | null
      state: State | null
      expires_at: number | null
    }
  >(
    `select * from flash_sale.attempt where sale_id = $1 and buyer_id = $2
      order by decided_at desc, attempt_id limit $3`,
    [saleId, buyerId, limit],
  )
  return rows.map((row) => ({
    attemptId: row.attempt_id,
    items: basketFrom(row.items),
    answer: row.answer,
    sku: row.refused_sku,
    state: row.state,
    decidedAtMs: row.decided_at,
    expiresAtMs: row.expires_at,
    settledAtMs: row.settled_at,
    reason: row.reason,
  }))
}
