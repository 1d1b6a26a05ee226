import { fault } from '#kernel/fault.ts'
import { groupCommit } from '#kernel/group-commit.ts'
import type { Ledger, Sql, Tx } from '#kernel/ledger.ts'
import { ended } from './books.ts'
import type { Sale } from './flash-sale.ts'
import { MOST_TICKETS, nextTurnMs, noQueue, type Queue, type Ticket } from './queue.ts'

type Lane = (buyerId: string) => Promise<Ticket>

const MOST_LANES = 1_000

/** The line in the ledger. What the buyers of one process ask at once is one transaction, under the lock of the line. */
export function postgresQueue(ledger: Ledger): Queue {
  const lanes = new Map<string, Lane>()

  const work = async (sale: Sale, buyers: readonly string[]): Promise<Ticket[]> => {
    const known = await ticketsOf(ledger.everywhere, sale.saleId, buyers)
    const fresh = [...new Set(buyers)].filter((buyerId) => !known.has(buyerId))
    const given = fresh.length > 0 ? await ledger.across((tx) => give(tx, sale, fresh)) : known
    return buyers.map((buyerId) => known.get(buyerId) ?? given.get(buyerId)!)
  }

  return {
    take(sale, buyerId) {
      let lane = lanes.get(sale.saleId)
      if (!lane) {
        lane = groupCommit({ name: 'flash-sale/queue', commit: (buyers) => work(sale, buyers) })
        lanes.set(sale.saleId, lane)
        if (lanes.size > MOST_LANES) lanes.delete(lanes.keys().next().value!)
      }
      return lane(buyerId)
    },
  }
}

const MS = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`

async function ticketsOf(sql: Sql, saleId: string, buyers: readonly string[]): Promise<Map<string, Ticket>> {
  const rows = await sql.query<{ buyer_id: string; number: number; turn: number; now: number }>(
    `select buyer_id, number, ${MS('turn_at')} as turn, ${MS('clock_timestamp()')} as now
       from flash_sale.ticket where sale_id = $1 and buyer_id = any($2)`,
    [saleId, buyers],
  )
  return new Map(
    rows.map(({ buyer_id, number, turn, now }) => [buyer_id, { number, turnAtMs: turn, nowMs: now }]),
  )
}

/** Tickets for those who have none, in the order in which they came. */
async function give(tx: Tx, sale: Sale, buyers: readonly string[]): Promise<Map<string, Ticket>> {
  const { saleId, workspaceId } = sale
  await tx.query(
    'insert into flash_sale.line (sale_id, workspace_id) values ($1, $2) on conflict do nothing',
    [saleId, workspaceId],
  )
  const [line] = await tx.query<{ last_number: number; last_turn: number | null }>(
    `select last_number, ${MS('last_turn')} as last_turn from flash_sale.line where sale_id = $1 for update`,
    [saleId],
  )
  // Statements of their own: they see what the holder of the lock before us has written, and the terms as they are now.
  const terms = await termsNow(tx, saleId)
  const tickets = await ticketsOf(tx, saleId, buyers)
  const fresh = buyers.filter((buyerId) => !tickets.has(buyerId))
  if (fresh.length === 0) return tickets
  let [number, turnAtMs] = [line!.last_number, line!.last_turn]
  if (number + fresh.length > MOST_TICKETS) throw lineFull()
  for (const buyerId of fresh) {
    number += 1
    turnAtMs = nextTurnMs(terms, turnAtMs)
    tickets.set(buyerId, { number, turnAtMs, nowMs: terms.nowMs })
  }
  await tx.query(
    `insert into flash_sale.ticket (sale_id, workspace_id, buyer_id, number, turn_at)
     select $1, $2, buyer_id, number, to_timestamp(turn / 1000)
       from unnest($3::text[], $4::int[], $5::float8[]) as it (buyer_id, number, turn)`,
    [
      saleId,
      workspaceId,
      fresh,
      fresh.map((buyerId) => tickets.get(buyerId)!.number),
      fresh.map((buyerId) => tickets.get(buyerId)!.turnAtMs),
    ],
  )
  await tx.query(
    'update flash_sale.line set last_number = $2, last_turn = to_timestamp($3::float8 / 1000) where sale_id = $1',
    [saleId, number, turnAtMs],
  )
  return tickets
}

async function termsNow(tx: Tx, saleId: string) {
  const [row] = await tx.query<{
    opens: number
    closes: number
    status: string
    rate: number | null
    now: number
  }>(
    `select ${MS('opens_at')} as opens, ${MS('closes_at')} as closes, status, turns_per_second as rate,
            ${MS('clock_timestamp()')} as now
       from flash_sale.sale where sale_id = $1`,
    [saleId],
  )
  if (!row || row.rate === null) throw noQueue()
  if (row.status === 'closed' || row.now >= row.closes) throw ended()
  return { nowMs: row.now, opensAtMs: row.opens, perSecond: row.rate }
}

/** The opening has moved: those who still wait keep their places and their distances. */
export async function shiftTurns(tx: Tx, saleId: string, fromMs: number, toMs: number): Promise<void> {
  await tx.query(
    `with shift as (
       select (greatest($3::float8, now_ms) - greatest($2::float8, now_ms)) / 1000 * interval '1 second' as by
         from (select ${MS('clock_timestamp()')} as now_ms) as clock
     ), line as (
       update flash_sale.line set last_turn = last_turn + shift.by from shift
        where sale_id = $1 and last_turn > clock_timestamp()
     )
     update flash_sale.ticket set turn_at = turn_at + shift.by from shift
      where sale_id = $1 and turn_at > clock_timestamp()`,
    [saleId, fromMs, toMs],
  )
}

const lineFull = () => fault('limited', 'flash-sale/line-full', 'The line is full', { retryAfterMs: 60_000 })
