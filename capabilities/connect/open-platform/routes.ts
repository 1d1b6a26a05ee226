import { type Static, Type } from 'typebox'
import { type Clock, days } from '#kernel/clock.ts'
import { fault, isFault } from '#kernel/fault.ts'
import type { App as Http, Routes } from '#kernel/http.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { literals, Ms, Nullable, slice } from '#kernel/schemas.ts'
import type { Consent } from './consent.ts'
import type { Inbox } from './inbox.ts'
import { type IntakeParts, intake } from './intake.ts'
import { type Account, forecast, RENEWALS, renewalsLeft } from './open-platform.ts'
import type { Quotas } from './quotas.ts'
import type { Store } from './store.ts'
import type { TokenKeeper } from './tokens.ts'

export interface RouteParts extends IntakeParts {
  store: Store
  inbox: Inbox
  consent: Consent
  tokens: TokenKeeper
  quotas: Quotas
  clock: Clock
  renewAheadMs: number
}

const Status = literals(['active', 'retrying', 'reauthorise', 'revoked', 'banned', 'disconnected'])
const State = literals(['received', 'done', 'failed'])
const Limit = Type.Integer({ default: 100, minimum: 1, maximum: 500 })
const Cursor = Type.Optional(Type.String({ maxLength: 60 }))
const NumberCursor = Type.Optional(Type.String({ pattern: '^\\d{1,18}$' }))

const AccountView = Type.Object({
  accountId: Type.String(),
  openId: Type.String(),
  nickname: Type.String(),
  avatarUrl: Type.String(),
  scopes: Type.Array(Type.String()),
  status: Status,
  accessExpiresAtMs: Ms,
  refreshExpiresAtMs: Ms,
  renewals: Type.Integer(),
  renewalsLeft: Type.Integer(),
  renewalsMax: Type.Integer(),
  reauthoriseByMs: Ms,
  warnLevel: literals(['none', 'notice', 'warning', 'urgent']),
  attempts: Type.Integer({ description: 'Failed refreshes in a row' }),
  nextAttemptAtMs: Nullable(Ms),
  lastEvent: Nullable(Type.Object({ kind: Type.String(), atMs: Ms, detail: Type.String() })),
  authorisedAtMs: Ms,
})

const TokenEventView = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  atMs: Ms,
  code: Nullable(Type.Integer()),
  logId: Nullable(Type.String()),
  detail: Type.String(),
})

const WebhookView = Type.Object({
  id: Type.String(),
  msgId: Type.String(),
  event: Type.String(),
  accountId: Nullable(Type.String()),
  fromUserId: Type.String(),
  toUserId: Type.String(),
  state: State,
  reason: Nullable(Type.String()),
  duplicates: Type.Integer(),
  receivedAtMs: Ms,
  processedAtMs: Nullable(Ms),
})

const QuotaView = Type.Object({
  family: Type.String(),
  usedToday: Type.Integer(),
  remaining: Nullable(Type.Integer()),
  limit: Nullable(Type.Integer()),
  restoresAtMs: Ms,
  state: literals(['free', 'low', 'used-up']),
})

const SummaryView = Type.Object({
  total: Type.Integer(),
  active: Type.Integer(),
  reauthoriseWithin30Days: Type.Integer(),
  refreshSuccess24h: Type.Object({ ok: Type.Integer(), tried: Type.Integer() }),
  quotaLeftMin: Nullable(
    Type.Object({ family: Type.String(), remaining: Type.Integer(), limit: Nullable(Type.Integer()) }),
  ),
  webhooks24h: Type.Object({
    received: Type.Integer(),
    duplicates: Type.Integer(),
    rejected: Type.Integer(),
  }),
})
export type Summary = Static<typeof SummaryView>

export function routes(parts: RouteParts): Routes {
  return async (app) => {
    accountRoutes(app, parts)
    consentRoutes(app, parts)
    webhookRoutes(app, parts)
    app.get(
      '/quota',
      { schema: { summary: "Today's quota by endpoint family", response: { 200: slice(QuotaView) } } },
      async () => ({ items: await parts.quotas.today(parts.clock.now()), next: null }),
    )
    app.get(
      '/summary',
      { schema: { summary: 'The numbers above the page', response: { 200: SummaryView } } },
      ({ principal }) => summaryOf(parts, principal.workspaceId),
    )
    await app.register(async (scope) => intake(parts)(scope as unknown as Http))
  }
}

const accountView = (account: Account, nowMs: number, renewAheadMs: number): Static<typeof AccountView> => ({
  accountId: account.accountId,
  openId: account.openId,
  nickname: account.nickname,
  avatarUrl: account.avatarUrl,
  scopes: account.scopes,
  status: account.status,
  accessExpiresAtMs: account.accessExpiresAtMs,
  refreshExpiresAtMs: account.refreshExpiresAtMs,
  renewals: account.renewals,
  renewalsLeft: renewalsLeft(account),
  renewalsMax: RENEWALS,
  ...forecast(account, nowMs, renewAheadMs),
  attempts: account.attempts,
  nextAttemptAtMs: account.nextAttemptAtMs,
  lastEvent: account.lastEvent,
  authorisedAtMs: account.authorisedAtMs,
})

function accountRoutes(app: Http, { store, tokens, clock, renewAheadMs }: RouteParts): void {
  const view = (account: Account) => accountView(account, clock.now(), renewAheadMs)
  const find = async (workspaceId: WorkspaceId, accountId: string) => {
    const account = await store.find(workspaceId, accountId)
    if (!account) throw fault('missing', 'open-platform/no-account', 'There is no such account')
    return account
  }
  const params = Type.Object({ id: Type.String({ maxLength: 60 }) })

  app.get(
    '/accounts',
    {
      schema: {
        summary: 'Accounts, the newest first',
        querystring: Type.Object({
          status: Type.Optional(Status),
          expiresWithinDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 400 })),
          q: Type.Optional(Type.String({ maxLength: 100 })),
          cursor: Cursor,
          limit: Limit,
        }),
        response: { 200: slice(AccountView) },
      },
    },
    async ({ principal, query }) => {
      const { cursor, ...filter } = query
      const accounts = await store.list(
        principal.workspaceId,
        { ...filter, ...(cursor ? { after: cursor } : {}) },
        clock.now(),
      )
      return {
        items: accounts.map(view),
        next: nextOf(accounts, query.limit, (account) => account.accountId),
      }
    },
  )
  app.get(
    '/accounts/:id',
    { schema: { summary: 'One account', params, response: { 200: AccountView } } },
    async ({ principal, params }) => view(await find(principal.workspaceId, params.id)),
  )
  app.get(
    '/accounts/:id/events',
    {
      schema: {
        summary: 'What happened to its tokens, the latest first',
        params,
        querystring: Type.Object({ cursor: NumberCursor, limit: Limit }),
        response: { 200: slice(TokenEventView) },
      },
    },
    async ({ principal, params, query }) => {
      await find(principal.workspaceId, params.id)
      const ask = { limit: query.limit, ...(query.cursor ? { before: query.cursor } : {}) }
      const items = await store.events(principal.workspaceId, params.id, ask)
      return { items, next: nextOf(items, query.limit, (event) => event.id) }
    },
  )
  app.post(
    '/accounts/:id/refresh',
    {
      schema: {
        summary: 'Refresh (or renew) its tokens now',
        params,
        response: {
          200: Type.Object({ outcome: literals(['done', 'failed', 'busy']), account: AccountView }),
        },
      },
    },
    async ({ principal, params }) => {
      const { accountId } = await find(principal.workspaceId, params.id)
      const outcome = await tokens.refreshNow(accountId)
      return { outcome, account: view(await find(principal.workspaceId, accountId)) }
    },
  )
  app.post(
    '/accounts/:id/disconnect',
    {
      schema: {
        summary: 'Forget its tokens; what was collected stays',
        params,
        response: { 200: AccountView },
      },
    },
    async ({ principal, params }) => {
      const { accountId } = await find(principal.workspaceId, params.id)
      const { workspaceId, actor } = principal
      await store.lose(
        accountId,
        'disconnected',
        { kind: 'disconnected', atMs: clock.now(), detail: actor },
        { workspaceId, actor },
      )
      return view(await find(workspaceId, accountId))
    },
  )
}

function consentRoutes(app: Http, { consent }: RouteParts): void {
  app.post(
    '/authorisations',
    {
      schema: {
        summary: 'A link under which a person lets us in; holds ten minutes, works once',
        response: { 200: Type.Object({ url: Type.String(), expiresAtMs: Ms }) },
      },
    },
    ({ principal }) => consent.begin({ workspaceId: principal.workspaceId, actor: principal.actor }),
  )
  app.get(
    '/callback',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Where the platform sends the person back to',
        querystring: Type.Object({
          code: Type.Optional(Type.String({ maxLength: 1000 })),
          state: Type.Optional(Type.String({ maxLength: 200 })),
          error: Type.Optional(Type.String({ maxLength: 200 })),
        }),
      },
    },
    async ({ query, log }, reply) => {
      // A person is looking at this in a browser: every outcome ends on the page of accounts.
      try {
        const { accountId } = await consent.finish(query)
        return reply.redirect(`/open-platform?account=${accountId}`)
      } catch (error) {
        if (!isFault(error)) throw error
        log.warn({ code: error.code, err: error.cause }, 'a consent was not taken')
        return reply.redirect(`/open-platform?error=${encodeURIComponent(error.code)}`)
      }
    },
  )
}

function webhookRoutes(app: Http, { inbox }: RouteParts): void {
  const params = Type.Object({ id: Type.String({ pattern: '^\\d{1,18}$' }) })
  const missing = () => fault('missing', 'open-platform/no-webhook', 'There is no such webhook')
  app.get(
    '/webhooks',
    {
      schema: {
        summary: 'Webhooks received, the latest first',
        querystring: Type.Object({
          event: Type.Optional(Type.String({ maxLength: 100 })),
          state: Type.Optional(State),
          cursor: NumberCursor,
          limit: Limit,
        }),
        response: { 200: slice(WebhookView) },
      },
    },
    async ({ principal, query }) => {
      const { cursor, ...filter } = query
      const items = await inbox.list(principal.workspaceId, {
        ...filter,
        ...(cursor ? { before: cursor } : {}),
      })
      return { items, next: nextOf(items, query.limit, (row) => row.id) }
    },
  )
  app.get(
    '/webhooks/:id',
    {
      schema: {
        summary: 'One webhook with its raw body',
        params,
        response: { 200: Type.Intersect([WebhookView, Type.Object({ body: Type.String() })]) },
      },
    },
    async ({ principal, params }) => {
      const row = await inbox.find(principal.workspaceId, params.id)
      if (!row) throw missing()
      return row
    },
  )
  app.post(
    '/webhooks/:id/replay',
    { schema: { summary: 'Work on it once more', params, response: { 200: WebhookView } } },
    async ({ principal, params }) => {
      const { workspaceId, actor } = principal
      await inbox.replay(workspaceId, params.id, actor)
      const row = await inbox.find(workspaceId, params.id)
      if (!row) throw missing()
      const { body: _, ...view } = row
      return view
    },
  )
}

const MOST_ACCOUNTS = 100_000

export async function summaryOf(
  {
    store,
    inbox,
    quotas,
    clock,
    renewAheadMs,
  }: Pick<RouteParts, 'store' | 'inbox' | 'quotas' | 'clock' | 'renewAheadMs'>,
  workspaceId: WorkspaceId,
): Promise<Summary> {
  const nowMs = clock.now()
  const [accounts, { total, refresh }, webhooks, families] = await Promise.all([
    store.list(workspaceId, { limit: MOST_ACCOUNTS }, nowMs),
    store.summary(workspaceId, nowMs),
    inbox.counts(workspaceId, nowMs),
    quotas.today(nowMs),
  ])
  const connected = accounts.filter((account) => account.status !== 'disconnected')
  const isSoon = (account: Account) =>
    forecast(account, nowMs, renewAheadMs).reauthoriseByMs - nowMs <= days(30)
  const isLost = (account: Account) => account.status === 'reauthorise' || account.status === 'revoked'
  const told = families.flatMap(({ family, remaining, limit }) =>
    remaining === null ? [] : [{ family, remaining, limit }],
  )
  return {
    total,
    active: connected.filter((account) => account.status === 'active' || account.status === 'retrying')
      .length,
    reauthoriseWithin30Days: connected.filter((account) => isLost(account) || isSoon(account)).length,
    refreshSuccess24h: refresh,
    quotaLeftMin: told.sort((a, b) => a.remaining - b.remaining)[0] ?? null,
    webhooks24h: webhooks,
  }
}

const nextOf = <T>(items: readonly T[], limit: number, idOf: (item: T) => string): string | null =>
  items.length === limit ? idOf(items.at(-1)!) : null
