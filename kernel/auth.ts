import type { IncomingHttpHeaders } from 'node:http'
import { fault } from './fault.ts'
import type { WorkspaceId } from './id.ts'

export type Role = 'viewer' | 'operator' | 'owner'

/** Who asks, and for which workspace. Every request but the public ones has one. */
export interface Principal {
  kind: 'user' | 'key'
  /** `user:<id>` or `key:<id>`, as the audit trail names it. */
  actor: string
  userId: string | null
  workspaceId: WorkspaceId
  role: Role
  /** Of an API key: `room:read`, `room:write`, or `*`. Users have `*`: their role decides. */
  scopes: readonly string[]
}

/** Signs people in and checks API keys. One adapter: `engines/better-auth`. */
export interface Auth {
  /** The principal behind these headers (cookie or `x-api-key`), or null; at once where it is known by heart. */
  authenticate(headers: IncomingHttpHeaders): Principal | null | Promise<Principal | null>
}

const RANK: Record<Role, number> = { viewer: 0, operator: 1, owner: 2 }

/** May this principal do it? `room` and `write` are what an API key's scopes are held against. */
export function mayUse(
  who: Principal,
  { role, room, write }: { role: Role; room: string; write: boolean },
): boolean {
  if (RANK[who.role] < RANK[role]) return false
  if (who.kind === 'user' || who.scopes.includes('*')) return true
  return who.scopes.includes(`${room}:write`) || (!write && who.scopes.includes(`${room}:read`))
}

/** Who is behind these headers, if they may do it. The same question on every way in: 401 for nobody, 403 for not you. */
export function admit(auth: Auth, headers: IncomingHttpHeaders, ask: Asked): Principal | Promise<Principal> {
  const who = auth.authenticate(headers)
  return who instanceof Promise ? who.then((found) => admitted(found, ask)) : admitted(who, ask)
}

interface Asked {
  role: Role
  room: string
  write: boolean
}

function admitted(who: Principal | null, ask: Asked): Principal {
  if (!who) {
    throw fault('denied', 'auth/sign-in', 'Sign in first', {
      status: 401,
      cure: 'Open the console, or send an API key as x-api-key.',
    })
  }
  if (!mayUse(who, ask)) {
    throw fault('denied', 'auth/not-allowed', `This needs the role ${ask.role} and access to ${ask.room}`)
  }
  return who
}
