import { createHash, randomBytes } from 'node:crypto'
import { type Clock, minutes, seconds } from '#kernel/clock.ts'
import { fault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Log } from '#kernel/telemetry.ts'
import type { Store } from './store.ts'
import type { App, Wire } from './wire.douyin.ts'

const STATE_LIVES_MS = minutes(10)

export interface Consent {
  /** The page on which a person lets us in. The link holds for ten minutes and works once. */
  begin(who: { workspaceId: WorkspaceId; actor: string }): Promise<{ url: string; expiresAtMs: number }>
  /** What the platform sent the person back with. Faults: `denied` (state, refusal), `conflict` (another workspace). */
  finish(answer: {
    code?: string
    state?: string
    error?: string
  }): Promise<{ accountId: string; isNew: boolean }>
}

export interface ConsentParts {
  wire: Wire
  app: App
  store: Store
  clock: Clock
  log: Log
  scopes: readonly string[]
  redirectUri: string
}

/** The OAuth 2.0 code flow with a state that is bound to workspace and person, used once and kept as a hash. */
export function consent({ wire, app, store, clock, log, scopes, redirectUri }: ConsentParts): Consent {
  const hash = (state: string) => createHash('sha256').update(state).digest('hex')

  /** A name is nice to have: without it the account is connected all the same. */
  const profile = async (accessToken: string, openId: string) => {
    const request = { family: 'user.info', method: 'POST', path: '/oauth/userinfo/' } as const
    const answer = await wire.send(request, { accessToken, openId }, { timeoutMs: seconds(5) })
    if (!answer.ok) log.info({ code: answer.refusal.code }, 'the name of a new account is not known yet')
    const data = answer.ok ? answer.data : {}
    const text = (name: string) => (typeof data[name] === 'string' ? data[name] : '')
    return { nickname: text('nickname'), avatarUrl: text('avatar') }
  }

  return {
    async begin({ workspaceId, actor }) {
      const state = randomBytes(24).toString('base64url')
      const expiresAtMs = clock.now() + STATE_LIVES_MS
      await store.startAuthorisation({ hash: hash(state), workspaceId, actor, expiresAtMs })
      return { url: wire.consentUrl(app, { scopes, redirectUri, state }), expiresAtMs }
    },
    async finish({ code, state, error }) {
      const begun = state ? await store.takeAuthorisation(hash(state), clock.now()) : null
      if (!begun)
        throw fault('denied', 'open-platform/state', 'This link was used, is too old, or is not ours')
      if (!code)
        throw fault(
          'denied',
          'open-platform/refused',
          `The authorisation was refused (${error ?? 'no code'})`,
        )
      const askedAtMs = clock.now()
      const answer = await wire.exchangeCode(app, code)
      if (!answer.ok) {
        const { refusal } = answer
        throw fault('denied', `open-platform/code-${refusal.code ?? refusal.httpStatus}`, refusal.en, {
          cause: new Error(`${refusal.description} ${refusal.logId ?? ''}`),
        })
      }
      const { data } = answer
      const { elsewhere, ...connected } = await store.connect(
        {
          workspaceId: begun.workspaceId,
          openId: data.openId,
          ...(await profile(data.accessToken, data.openId)),
          scopes: data.scopes,
          accessToken: data.accessToken,
          refreshToken: data.refreshToken,
          accessExpiresAtMs: askedAtMs + seconds(data.expiresInSeconds),
          refreshExpiresAtMs: askedAtMs + seconds(data.refreshExpiresInSeconds),
          renewals: 0,
          consentAtMs: answer.writtenAtMs,
          logId: answer.logId,
        },
        clock.now(),
      )
      if (elsewhere) {
        throw fault('conflict', 'open-platform/account-elsewhere', 'Another workspace holds this account', {
          cure: 'Disconnect it there first, then authorise it here.',
        })
      }
      return connected
    },
  }
}
