/** From the first to the last: an order only ever moves to the right. Closed ends it from anywhere. */
export const STATUSES = ['created', 'paid', 'part-shipped', 'shipped', 'finished', 'closed'] as const
export type OrderStatus = (typeof STATUSES)[number]

export const SOURCES = ['push', 'pull', 'repair', 'import'] as const
export type Source = (typeof SOURCES)[number]

export const MILESTONES = ['created', 'paid', 'shipped', 'finished', 'closed'] as const
export type Milestone = (typeof MILESTONES)[number]
export type Times = Partial<Record<Milestone, number>>

/** Where a refund stands; the later one wins a draw of times. */
export const REFUND_STATUSES = ['applied', 'agreed', 'refused', 'closed', 'done'] as const
export type RefundStatus = (typeof REFUND_STATUSES)[number]

export interface Line {
  lineId: string
  productId: string
  skuId: string
  /** The merchant's own code; the platform's SKU id where there is none. */
  sku: string
  name: string
  quantity: number
  /** Price by quantity before discounts. */
  sumFen: number
  paidFen: number
}

export interface Refund {
  refundId: string
  lineId: string | null
  status: RefundStatus
  /** Freight included. */
  fen: number
  /** When the platform changed it last. */
  atMs: number
}

/** Name, phone and address as one sealed text, with what may be seen and searched without opening it. */
export interface SealedBuyer {
  sealed: string
  mask: { name: string; phone: string; address: string }
  /** Keyed hashes of phone, name and the platform's id of the buyer, `buyer` among them. */
  hashes: string[]
  /** The hash that is the same for all orders of one buyer. */
  buyer: string | null
}

/** A whole order as a page of the platform (or a file) shows it. */
export interface Page {
  status: OrderStatus
  times: Times
  lines: Line[]
  itemsFen: number
  freightFen: number
  discountFen: number
  /** What the buyer paid; 0 as long as nothing is paid. */
  paidFen: number
  buyer: SealedBuyer | null
  updatedAtMs: number
  /** When we asked: of two pages with one time the later one is right. */
  seenAtMs: number
}

/** Something that we learned about an order, from wherever. What it leaves out it says nothing about. */
export interface Sighting {
  shopId: string
  orderId: string
  source: Source
  /** The platform's time of it; 0 when it does not say. */
  atMs: number
  status?: OrderStatus
  paidFen?: number
  /** It is another one since then (our clock), and the message does not say how. */
  changedAtMs?: number
  page?: Page
  refunds?: Refund[]
}

/** What pushes told, each status with its latest time. */
export interface Heard {
  statuses: Partial<Record<OrderStatus, number>>
  paidFen: number | null
  changedAtMs: number
}

/** All that is known of an order. {@link merge} is the only thing that changes it, but for a correction. */
export interface Order {
  shopId: string
  orderId: string
  heard: Heard
  page: Page | null
  refunds: Record<string, Refund>
  /** The platform does not know it. */
  isExtra: boolean
}

export const OUTCOMES = ['moved', 'same', 'late'] as const
export type Outcome = (typeof OUTCOMES)[number]
export interface Merged {
  order: Order
  outcome: Outcome
  /** One sentence for the timeline. */
  why: string
}

export const rankOf = (status: OrderStatus): number => STATUSES.indexOf(status)

const NOTHING_HEARD: Heard = { statuses: {}, paidFen: null, changedAtMs: 0 }

export const newOrder = (shopId: string, orderId: string): Order => ({
  shopId,
  orderId,
  heard: NOTHING_HEARD,
  page: null,
  refunds: {},
  isExtra: false,
})

/**
 * The page is the platform's word as of its version; what pushes told of later moments can only move it on. So a late push
 * moves nothing back, and two things of one second are in the order of an order's life.
 */
export function statusOf({ page, heard, isExtra }: Order): OrderStatus {
  if (isExtra) return 'closed'
  let status = page?.status ?? 'created'
  for (const told of STATUSES) {
    const atMs = heard.statuses[told]
    if (atMs === undefined || (page && atMs < page.updatedAtMs)) continue
    if (rankOf(told) > rankOf(status)) status = told
  }
  return status
}

/**
 * What is known after a sighting. Commutative, associative and idempotent: a page gives way to a later page only, a refund
 * to its later word, and each status keeps its latest time. So neither order, nor repetition, nor who asks matters.
 */
export function merge(before: Order, sighting: Sighting): Merged {
  const after: Order = {
    ...before,
    heard: hear(before.heard, sighting),
    page: laterPage(before.page, sighting.page ?? null),
    refunds: mergeRefunds(before.refunds, sighting.refunds ?? []),
    isExtra: before.isExtra && !sighting.page,
  }
  return { order: after, ...outcomeOf(before, after, sighting) }
}

/** The platform's word against all that we were told: used by a repair and written into the timeline. */
export const correct = (before: Order, page: Page): Order => ({
  ...before,
  page,
  heard: NOTHING_HEARD,
  isExtra: false,
})

/** The platform does not know this order: it is closed, and counted nowhere. */
export const disown = (before: Order): Order => ({ ...before, isExtra: true })

function laterPage(one: Page | null, other: Page | null): Page | null {
  if (!one || !other) return one ?? other
  const byTime = other.updatedAtMs - one.updatedAtMs || other.seenAtMs - one.seenAtMs
  if (byTime !== 0) return byTime > 0 ? other : one
  return textOf(other) > textOf(one) ? other : one
}

/**
 * What a page says, written in one way: a database gives the fields of an object in an order of its own. A seal is different
 * each time it is made and says nothing.
 */
const textOf = ({ buyer, lines, times, status, itemsFen, freightFen, discountFen, paidFen }: Page): string =>
  JSON.stringify([
    ...[status, itemsFen, freightFen, discountFen, paidFen, buyer?.hashes],
    MILESTONES.map((milestone) => times[milestone] ?? 0),
    lines.map((line) => LINE_FIELDS.map((field) => line[field])),
  ])
const LINE_FIELDS = ['lineId', 'productId', 'skuId', 'sku', 'name', 'quantity', 'sumFen', 'paidFen'] as const

const refundText = (refund: Refund | undefined): string =>
  refund ? [refund.refundId, refund.lineId, refund.status, refund.fen, refund.atMs].join(' ') : ''

/** Whether the pushes of one told something that those of the other did not. */
export const heardText = ({ statuses, paidFen, changedAtMs }: Heard): string =>
  JSON.stringify([STATUSES.map((status) => statuses[status] ?? -1), paidFen, changedAtMs])

function hear(heard: Heard, { page, status, atMs, paidFen, changedAtMs }: Sighting): Heard {
  if (page || (status === undefined && paidFen === undefined && changedAtMs === undefined)) return heard
  return {
    statuses: status
      ? { ...heard.statuses, [status]: Math.max(atMs, heard.statuses[status] ?? 0) }
      : heard.statuses,
    paidFen: paidFen === undefined ? heard.paidFen : Math.max(paidFen, heard.paidFen ?? 0),
    changedAtMs: Math.max(heard.changedAtMs, changedAtMs ?? 0),
  }
}

function mergeRefunds(known: Record<string, Refund>, told: readonly Refund[]): Record<string, Refund> {
  if (told.length === 0) return known
  const merged = { ...known }
  for (const refund of told) {
    const was = merged[refund.refundId]
    if (!was || isLater(refund, was)) merged[refund.refundId] = refund
  }
  return merged
}

function isLater(one: Refund, other: Refund): boolean {
  // Money that went back stays back, whatever is told afterwards.
  if ((other.status === 'done') !== (one.status === 'done')) return one.status === 'done'
  const byTime = one.atMs - other.atMs
  if (byTime !== 0) return byTime > 0
  const byStatus = REFUND_STATUSES.indexOf(one.status) - REFUND_STATUSES.indexOf(other.status)
  return byStatus !== 0 ? byStatus > 0 : refundText(one) > refundText(other)
}

function outcomeOf(before: Order, after: Order, sighting: Sighting): Omit<Merged, 'order'> {
  const [was, is] = [statusOf(before), statusOf(after)]
  if (was !== is) return { outcome: 'moved', why: `${was} to ${is}` }
  if (sighting.page) {
    if (!before.page) return { outcome: 'moved', why: 'Its lines and amounts are known now' }
    if (after.page === before.page) return behind(before.page, sighting.page)
    if (textOf(before.page) !== textOf(after.page!))
      return { outcome: 'moved', why: 'A later page says something else' }
  }
  const refund = sighting.refunds?.find(
    ({ refundId }) => refundText(before.refunds[refundId]) !== refundText(after.refunds[refundId]),
  )
  if (refund) return { outcome: 'moved', why: `refund ${refund.refundId} is ${refund.status}` }
  const told = sighting.status
  if (told && rankOf(told) < rankOf(was))
    return { outcome: 'late', why: `It is ${was} already, "${told}" lies behind it` }
  if (told && before.page && sighting.atMs < before.page.updatedAtMs)
    return { outcome: 'late', why: `We know it as of ${iso(before.page.updatedAtMs)}` }
  if (heardText(after.heard) !== heardText(before.heard))
    return { outcome: 'moved', why: 'One of its times or amounts is known now' }
  return { outcome: 'same', why: 'Nothing new' }
}

const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z')

/** A file has no buyers: what it leaves out it says nothing about. */
const behind = (known: Page, told: Page): Omit<Merged, 'order'> =>
  textOf(told.buyer ? known : { ...known, buyer: null }) === textOf(told)
    ? { outcome: 'same', why: 'Nothing new' }
    : {
        outcome: 'late',
        why: `It shows the order as of ${iso(told.updatedAtMs)}, we know it as of ${iso(known.updatedAtMs)}`,
      }

/** An order as people see it and as it is compared. Amounts are null as long as no page was seen. */
export interface View {
  shopId: string
  orderId: string
  status: OrderStatus
  times: Times
  lines: Line[]
  itemsFen: number | null
  freightFen: number | null
  discountFen: number | null
  /** Items + freight - discounts. */
  totalFen: number | null
  paidFen: number | null
  refundedFen: number
  isExtra: boolean
  updatedAtMs: number
}

export function viewOf(order: Order): View {
  const { page, heard } = order
  return {
    shopId: order.shopId,
    orderId: order.orderId,
    status: statusOf(order),
    times: timesOf(order),
    lines: page?.lines ?? [],
    itemsFen: page?.itemsFen ?? null,
    freightFen: page?.freightFen ?? null,
    discountFen: page?.discountFen ?? null,
    totalFen: page ? totalFen(page) : null,
    paidFen: paidFen(order),
    refundedFen: refundedFen(order),
    isExtra: order.isExtra,
    updatedAtMs: Math.max(page?.updatedAtMs ?? 0, ...(page ? [] : Object.values(heard.statuses))),
  }
}

/** A page knows its times; a push knows the one that it told of, where no page has it yet. */
function timesOf({ page, heard }: Order): Times {
  const times: Times = { ...page?.times }
  for (const milestone of MILESTONES) {
    const atMs = heard.statuses[milestone]
    if (times[milestone] === undefined && atMs && (!page || atMs >= page.updatedAtMs)) times[milestone] = atMs
  }
  return times
}

/** A page from before the payment knows nothing of it. */
function paidFen({ page, heard }: Order): number | null {
  if (page?.times.paid !== undefined) return page.paidFen
  return heard.paidFen ?? page?.paidFen ?? null
}

export const totalFen = ({
  itemsFen,
  freightFen,
  discountFen,
}: Pick<Page, 'itemsFen' | 'freightFen' | 'discountFen'>): number => itemsFen + freightFen - discountFen

export const refundedFen = ({ refunds }: Order): number =>
  Object.values(refunds).reduce((sum, { status, fen }) => (status === 'done' ? sum + fen : sum), 0)

/** The sentence of `items + freight - discounts = paid` where it does not hold; null where it does, or where nothing is paid. */
export function imbalanceOf(order: Order): string | null {
  const { page } = order
  if (!page) return null
  const lines = page.lines.reduce((sum, { sumFen }) => sum + sumFen, 0)
  if (lines !== page.itemsFen) return `its lines make ${lines} fen, its items are said to be ${page.itemsFen}`
  const total = totalFen(page)
  const isPaid = page.times.paid !== undefined
  if (isPaid && page.paidFen !== total)
    return `${page.itemsFen} items + ${page.freightFen} freight - ${page.discountFen} discounts = ${total} fen, paid ${page.paidFen}`
  const refunded = refundedFen(order)
  if (isPaid && refunded > page.paidFen) return `${refunded} fen went back, ${page.paidFen} were paid`
  return null
}

/** Something happened to the order after its page was made: another one is wanted. */
export function wantsPage(order: Order): boolean {
  const { page, heard, isExtra } = order
  if (isExtra) return false
  return !page || heard.changedAtMs > page.seenAtMs || statusOf(order) !== page.status
}
