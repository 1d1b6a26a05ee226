import type { IncomingHttpHeaders } from 'node:http'
import { apiKey } from '@better-auth/api-key'
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { fromNodeHeaders } from 'better-auth/node'
import { magicLink } from 'better-auth/plugins/magic-link'
import { organization } from 'better-auth/plugins/organization'
import { memberAc, ownerAc } from 'better-auth/plugins/organization/access'
import pg from 'pg'
import type { Auth, Principal, Role } from '#kernel/auth.ts'
import { fault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Log } from '#kernel/telemetry.ts'
import { knownKeys } from './known-keys.ts'
import { rowsOf } from './rows.ts'

export interface Gate extends Auth {
  /** Serves `/api/auth/*`. */
  handle(request: Request): Promise<Response>
  /** A link that signs the owner in, once, within a day. */
  signInLink(): Promise<string>
  /** The workspaces of a user, with the user's role in each. */
  workspacesOf(userId: string): Promise<{ id: WorkspaceId; name: string; role: Role }[]>
  user(userId: string): Promise<{ id: string; name: string; email: string; needsPassword: boolean }>
  enterWorkspace(headers: IncomingHttpHeaders, workspaceId: WorkspaceId): Promise<void>
  /** The first password of an owner who came by the link, and the address to sign in with. */
  setPassword(
    headers: IncomingHttpHeaders,
    userId: string,
    email: string | undefined,
    password: string,
  ): Promise<void>
  keys: {
    list(workspaceId: WorkspaceId): Promise<ApiKeyLine[]>
    /** The key itself is shown this once; only its hash is kept. */
    create(
      owner: Principal,
      ask: { name: string; scopes: string[]; expiresDays?: number | undefined },
    ): Promise<{ id: string; key: string }>
    remove(workspaceId: WorkspaceId, id: string): Promise<void>
  }
  firstWorkspace: WorkspaceId
  close(): Promise<void>
}

export interface ApiKeyLine {
  id: string
  name: string
  start: string
  scopes: string[]
  createdAtMs: number
  expiresAtMs: number | null
  lastUsedAtMs: number | null
}

interface Options {
  connection: pg.PoolConfig
  role?: string | undefined
  /** Signs cookies; 32 bytes or more. */
  secret: string
  publicUrl: string
  log: Log
}

const LINK_SECONDS = 86_400
const FIRST_OWNER = { name: '店主', email: 'owner@doubloon.local' }
const FIRST_WORKSPACE = { name: '我的工作区', slug: 'home' }

/**
 * Sign-in, workspaces, roles and API keys by better-auth, in the schema `auth` of the ledger. A workspace is an
 * organisation of it; its roles are ours. The first start makes one owner and one workspace.
 */
export async function betterAuthGate({ connection, role, secret, publicUrl, log }: Options): Promise<Gate> {
  const options = ['-c search_path=auth', role ? `-c role=${role}` : ''].filter(Boolean).join(' ')
  const pool = new pg.Pool({ ...connection, options, max: 6 })
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.on('error', () => {})
  await pool.query('create schema if not exists auth')
  const rows = rowsOf(pool)
  let link: (url: string) => void = () => {}

  const config = {
    appName: 'Doubloon',
    baseURL: publicUrl,
    trustedOrigins: originsOf(publicUrl),
    secret,
    database: pool,
    telemetry: { enabled: false },
    logger: { level: 'error', log: (_level, message) => log.warn({ reason: message }, 'sign-in') },
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 10 },
    rateLimit: { enabled: true, customRules: { '/sign-in/email': { window: 60, max: 10 } } },
    session: { expiresIn: 30 * 86_400, updateAge: 86_400 },
    advanced: { cookiePrefix: 'doubloon' },
    databaseHooks: {
      session: {
        create: {
          before: async (session) => {
            const [first] = await rows.workspacesOf(session.userId)
            return { data: { ...session, activeOrganizationId: first?.id } }
          },
        },
      },
    },
    plugins: [
      organization({ roles: { owner: ownerAc, operator: memberAc, viewer: memberAc }, creatorRole: 'owner' }),
      magicLink({
        expiresIn: LINK_SECONDS,
        disableSignUp: true,
        sendMagicLink: async ({ url }) => link(url),
      }),
      apiKey({
        enableMetadata: true,
        rateLimit: { enabled: false },
        defaultPrefix: 'dbl_',
        requireName: true,
      }),
    ],
  } satisfies BetterAuthOptions
  await (await getMigrations(config)).runMigrations()
  const auth = betterAuth(config)
  const firstWorkspace = await rows.firstWorkspace(FIRST_OWNER, FIRST_WORKSPACE)

  const bySession = async (headers: IncomingHttpHeaders): Promise<Principal | null> => {
    const session = await auth.api.getSession({ headers: fromNodeHeaders(headers) })
    if (!session) return null
    const workspaces = await rows.workspacesOf(session.user.id)
    const active =
      workspaces.find((one) => one.id === session.session['activeOrganizationId']) ?? workspaces[0]
    if (!active) return null
    return {
      kind: 'user',
      actor: `user:${session.user.id}`,
      userId: session.user.id,
      workspaceId: active.id,
      role: active.role,
      scopes: ['*'],
    }
  }

  const byKey = async (key: string): Promise<Principal | null> => {
    const { valid, key: found } = await auth.api.verifyApiKey({ body: { key } })
    if (!valid || !found) return null
    const metadata = (found.metadata ?? {}) as { workspaceId?: WorkspaceId; role?: Role; scopes?: string[] }
    if (!metadata.workspaceId || !metadata.role) return null
    return {
      kind: 'key',
      actor: `key:${found.id}`,
      userId: null,
      workspaceId: metadata.workspaceId,
      role: metadata.role,
      scopes: metadata.scopes ?? [],
    }
  }

  const apiKeys = knownKeys(byKey)

  return {
    firstWorkspace,
    handle: (request) => auth.handler(request),
    authenticate(headers) {
      const key = headers['x-api-key']
      return typeof key === 'string' ? apiKeys.principalOf(key) : headers.cookie ? bySession(headers) : null
    },
    async signInLink() {
      const { email } = await rows.owner(firstWorkspace)
      const made = Promise.withResolvers<string>()
      link = made.resolve
      await auth.api.signInMagicLink({
        body: { email, callbackURL: '/', errorCallbackURL: '/sign-in?link=used' },
        headers: new Headers(),
      })
      return made.promise
    },
    workspacesOf: rows.workspacesOf,
    user: rows.user,
    async enterWorkspace(headers, workspaceId) {
      const done = await auth.api
        .setActiveOrganization({ headers: fromNodeHeaders(headers), body: { organizationId: workspaceId } })
        .catch(() => null)
      if (!done) throw fault('denied', 'auth/not-a-member', 'You are no member of this workspace')
    },
    async setPassword(headers, userId, email, password) {
      await auth.api
        .setPassword({ headers: fromNodeHeaders(headers), body: { newPassword: password } })
        .catch((cause) => {
          throw fault(
            'invalid',
            'auth/password',
            'The password was refused: it needs 10 characters, and none may be set yet',
            { cause },
          )
        })
      if (email) await rows.setEmail(userId, email)
    },
    keys: {
      list: rows.keysOf,
      async create(owner, { name, scopes, expiresDays }) {
        const made = await auth.api.createApiKey({
          body: {
            name,
            userId: owner.userId ?? (await rows.owner(owner.workspaceId)).id,
            ...(expiresDays ? { expiresIn: expiresDays * 86_400 } : {}),
            metadata: { workspaceId: owner.workspaceId, role: owner.role, scopes },
          },
        })
        return { id: made.id, key: made.key }
      },
      async remove(workspaceId, id) {
        await rows.removeKey(workspaceId, id)
        apiKeys.forget()
      },
    },
    close: () => pool.end(),
  }
}

/** A browser says `localhost` or `127.0.0.1` for the same place. */
function originsOf(publicUrl: string): string[] {
  const url = new URL(publicUrl)
  return [url.hostname, 'localhost', '127.0.0.1'].map(
    (host) => `${url.protocol}//${host}${url.port ? `:${url.port}` : ''}`,
  )
}
