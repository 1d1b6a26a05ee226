import { setTimeout as wait } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { pdd } from '#engines/pdd/pdd.ts'
import { postgresAudit } from '#engines/postgres/audit.ts'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import { shopify } from '#engines/shopify/shopify.ts'
import { taobao } from '#engines/taobao/taobao.ts'
import type { Principal } from '#kernel/auth.ts'
import type { Opened, RoomContext } from '#kernel/capability.ts'
import { type Clock, systemClock } from '#kernel/clock.ts'
import type { Doudian } from '#kernel/doudian.ts'
import { type FactLog, type NewFact, tell } from '#kernel/fact-log.ts'
import { orderClosed, orderCreated, orderPaid } from '#kernel/facts/order.ts'
import { fault } from '#kernel/fault.ts'
import { guard, httpApp, mount } from '#kernel/http.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger } from '#kernel/ledger.ts'
import type { Mail, MailMessage } from '#kernel/mail.ts'
import { readSettings } from '#kernel/settings.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { newVaultKey, vault } from '#kernel/vault.ts'
import { postgresBooks } from './books.postgres.ts'
import { postgresCatalogue } from './catalogue.postgres.ts'
import room from './index.ts'
import { postgresReports } from './reports.postgres.ts'
import { postgresShops } from './shops.postgres.ts'
import { pddSource } from './source.pdd.ts'
import { shopifySource } from './source.shopify.ts'
import { taobaoSource } from './source.taobao.ts'
import { postgresVerdicts } from './verdicts.postgres.ts'

export const OURS = 'ws_ours' as WorkspaceId

// biome-ignore lint/suspicious/noExplicitAny: a test reads what comes
export type Json = any

/** A clock that a test sets. */
export interface HandClock extends Clock {
  set(ms: number): void
}

export function handClock(ms: number): HandClock {
  let now = ms
  return {
    now: () => now,
    sleep: () => wait(1),
    set(to) {
      now = to
    },
  }
}

/** The room as one process has it, on a real ledger, behind real routes; mails are kept, jobs run when they are asked to. */
export async function openRoom({
  ledger,
  clock = systemClock,
  doudian = { shops: async () => [], call: async () => ({}) as never },
  mail,
  platformUrl = 'http://127.0.0.1:9',
}: {
  ledger: Ledger
  clock?: Clock
  doudian?: Doudian
  mail?: Mail
  platformUrl?: string
}) {
  const log = rootLog({ level: 'silent' })
  const mails: MailMessage[] = []
  const sent: { queue: string; input: object }[] = []
  const context = {
    name: 'inventory',
    log,
    clock,
    factLog: { appendIn: putInOutbox } as FactLog,
    jobs: { send: async (queue: string, input: object) => String(sent.push({ queue, input })) },
    live: { publish: () => {}, subscribe: () => () => {} },
    vault: vault(newVaultKey('k1')),
    audit: postgresAudit,
    metrics: new Registry(),
    mail: mail ?? {
      async send(message: MailMessage) {
        if (message.to.some((to) => to.startsWith('broken@')))
          throw fault('invalid', 'mail/refused', 'refused')
        mails.push(message)
      },
    },
    publicUrl: 'https://shop.example',
  } as unknown as RoomContext
  const engine = { url: platformUrl, tries: 2, longestWaitMs: 50, timeoutMs: 5_000 }
  const books = postgresBooks(ledger, context)
  const opened: Opened = await room.open({
    ...context,
    books,
    shops: postgresShops(ledger, context),
    verdicts: postgresVerdicts(ledger, context),
    catalogue: postgresCatalogue(ledger, context),
    reports: postgresReports(ledger, context),
    shopifyStock: shopifySource(shopify(engine)),
    taobaoStock: taobaoSource(taobao(engine)),
    pddStock: pddSource(pdd(engine)),
    settings: readSettings({ inventory: room.settings }, {}).values['inventory'],
    needs: { doudian },
  })
  let who: Principal = {
    kind: 'user',
    actor: 'user:1',
    userId: '1',
    workspaceId: OURS,
    role: 'owner',
    scopes: ['*'],
  }
  const app = await httpApp({ log, version: 'test' })
  guard(app, { authenticate: async () => who })
  await mount(app, 'inventory', opened.routes!)
  await app.ready()

  const run = async (queue: string, input: unknown = null) => {
    const job = opened.jobs!.find((one) => one.queue === queue)!
    await job.handle({ id: '1', input, attempt: 1, signal: new AbortController().signal, progress: () => {} })
  }
  return {
    app,
    books,
    mails,
    run,
    as(change: Partial<Principal>) {
      who = { ...who, ...change }
    },
    async api(
      method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
      path: string,
      body?: object | string,
      status = 200,
    ): Promise<Json> {
      const answer = await app.inject({
        method,
        url: `/api/inventory${path}`,
        ...(body === undefined ? {} : { payload: body }),
        ...(typeof body === 'string' ? { headers: { 'content-type': 'text/csv' } } : {}),
      })
      if (answer.statusCode !== status)
        throw new Error(`${method} ${path}: ${answer.statusCode} ${answer.body}`)
      return answer.headers['content-type']?.includes('json') ? answer.json() : answer.body
    },
    /** Everything that is due, as the plan of the next minute would do it. */
    async work() {
      sent.length = 0
      await run('inventory/plan')
      for (const { queue, input } of [...sent]) if (queue !== 'inventory/plan') await run(queue, input)
      for (const { queue, input } of [...sent]) if (queue === 'inventory/judge') await run(queue, input)
    },
    /** Facts as the fact log hands them over, in one transaction. */
    take: (facts: readonly NewFact[]) =>
      ledger.across((tx) =>
        opened.consumers![0]!.handle(
          facts.map((fact, i) => ({ ...fact, partition: 0, position: String(i) })),
          tx,
        ),
      ),
    facts: (name: string) =>
      ledger.everywhere.query<Json>('select * from fact_log.outbox where name = $1 order by seq', [name]),
    close: () => app.close(),
  }
}

export type Room = Awaited<ReturnType<typeof openRoom>>

interface OrderOf {
  orderId: string
  units: Record<string, number>
  atMs: number
  shopId?: string
  platform?: string
}

const about = ({ orderId, units, shopId = 'shop_1', platform = 'csv' }: OrderOf) => ({
  orderId,
  shopId,
  platform,
  lines: Object.entries(units).map(([sku, quantity]) => ({
    sku,
    skuId: sku,
    productId: 'p',
    quantity,
    paidFen: 100 * quantity,
  })),
  totalFen: 100,
  buyer: null,
})

/** Facts of orders as order-sync tells them. */
export const placed = (order: OrderOf): NewFact =>
  tell(orderCreated, OURS, { ...about(order), createdAtMs: order.atMs }, order.atMs)
export const paid = (order: OrderOf): NewFact =>
  tell(orderPaid, OURS, { ...about(order), paidAtMs: order.atMs, paidFen: 100 }, order.atMs)
export const closed = (order: OrderOf, was: { wasPaid: boolean; wasShipped: boolean }): NewFact =>
  tell(orderClosed, OURS, { ...about(order), closedAtMs: order.atMs, ...was }, order.atMs)
