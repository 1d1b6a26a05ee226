import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Auth } from '#kernel/auth.ts'
import type { WorkspaceId } from '#kernel/id.ts'

/**
 * Adds one key of this run to the ways of signing in: it lies in the data folder, readable by its user only, and
 * lets the command line act as the owner. Whoever can read it could read the data as well.
 */
export function localKeyAuth(auth: Auth, workspaceId: WorkspaceId): { auth: Auth; key: string } {
  const key = `local_${randomBytes(24).toString('base64url')}`
  const expected = Buffer.from(key)
  const isLocal = (given: unknown) => {
    if (typeof given !== 'string') return false
    const bytes = Buffer.from(given)
    return bytes.length === expected.length && timingSafeEqual(bytes, expected)
  }
  return {
    key,
    auth: {
      authenticate(headers) {
        if (!isLocal(headers['x-api-key'])) return auth.authenticate(headers)
        return { kind: 'key', actor: 'key:local', userId: null, workspaceId, role: 'owner', scopes: ['*'] }
      },
    },
  }
}
