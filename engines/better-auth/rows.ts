import type pg from 'pg'
import type { Role } from '#kernel/auth.ts'
import { fault } from '#kernel/fault.ts'
import { newId, type WorkspaceId } from '#kernel/id.ts'
import type { ApiKeyLine } from './auth.ts'

/** Questions about better-auth's own tables that its API asks only on behalf of a signed-in person. */
export function rowsOf(pool: pg.Pool) {
  return {
    async workspacesOf(userId: string): Promise<{ id: WorkspaceId; name: string; role: Role }[]> {
      const { rows } = await pool.query(
        `select o.id, o.name, m.role from member m join organization o on o.id = m."organizationId"
          where m."userId" = $1 order by o."createdAt"`,
        [userId],
      )
      return rows
    },

    async user(userId: string) {
      const { rows } = await pool.query(
        `select u.id, u.name, u.email,
                not exists (select from account a where a."userId" = u.id and a."providerId" = 'credential') as "needsPassword"
           from "user" u where u.id = $1`,
        [userId],
      )
      if (!rows[0]) throw fault('missing', 'auth/unknown-user', 'There is no such user')
      return rows[0] as { id: string; name: string; email: string; needsPassword: boolean }
    },

    async owner(workspaceId: WorkspaceId): Promise<{ id: string; email: string }> {
      const { rows } = await pool.query(
        `select u.id, u.email from member m join "user" u on u.id = m."userId"
          where m."organizationId" = $1 and m.role = 'owner' order by m."createdAt" limit 1`,
        [workspaceId],
      )
      if (!rows[0]) throw fault('missing', 'auth/no-owner', 'This workspace has no owner')
      return rows[0]
    },

    /** One owner and one workspace, made by the first of all processes that start. */
    async firstWorkspace(
      owner: { name: string; email: string },
      workspace: { name: string; slug: string },
    ): Promise<WorkspaceId> {
      const client = await pool.connect()
      try {
        await client.query('begin')
        await client.query("select pg_advisory_xact_lock(hashtext('doubloon:first-workspace'))")
        const { rows } = await client.query('select id from organization order by "createdAt" limit 1')
        const id = rows[0]?.id ?? newId('ws')
        if (!rows[0]) {
          const userId = newId('usr')
          await client.query(
            `insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt") values ($1, $2, $3, true, now(), now())`,
            [userId, owner.name, owner.email],
          )
          await client.query(
            'insert into organization (id, name, slug, "createdAt") values ($1, $2, $3, now())',
            [id, workspace.name, workspace.slug],
          )
          await client.query(
            `insert into member (id, "organizationId", "userId", role, "createdAt") values ($1, $2, $3, 'owner', now())`,
            [newId('mem'), id, userId],
          )
        }
        await client.query('commit')
        return id
      } catch (error) {
        await client.query('rollback')
        throw error
      } finally {
        client.release()
      }
    },

    async setEmail(userId: string, email: string): Promise<void> {
      await pool
        .query('update "user" set email = lower($2), "updatedAt" = now() where id = $1', [userId, email])
        .catch((cause) => {
          throw fault('conflict', 'auth/email-taken', 'Somebody else signs in with this address', {
            cause,
            field: 'email',
          })
        })
    },

    async keysOf(workspaceId: WorkspaceId): Promise<ApiKeyLine[]> {
      const { rows } = await pool.query(
        `select id, name, start, metadata, "createdAt", "expiresAt", "lastRequest" from apikey order by "createdAt" desc limit 500`,
      )
      return rows
        .map((row) => ({ ...row, metadata: parsed(row.metadata) }))
        .filter((row) => row.metadata.workspaceId === workspaceId)
        .map((row) => ({
          id: row.id,
          name: row.name,
          start: row.start,
          scopes: row.metadata.scopes ?? [],
          createdAtMs: row.createdAt.getTime(),
          expiresAtMs: row.expiresAt?.getTime() ?? null,
          lastUsedAtMs: row.lastRequest?.getTime() ?? null,
        }))
    },

    async removeKey(workspaceId: WorkspaceId, id: string): Promise<void> {
      const { rowCount } = await pool.query(
        `delete from apikey where id = $1 and metadata like '%' || $2 || '%'`,
        [id, workspaceId],
      )
      if (!rowCount) throw fault('missing', 'auth/unknown-key', 'There is no such key')
    },
  }
}

/** better-auth keeps metadata as JSON text, in some versions as JSON text of JSON text. */
function parsed(metadata: string | null): { workspaceId?: string; scopes?: string[] } {
  let value: unknown = metadata ?? '{}'
  for (let i = 0; i < 2 && typeof value === 'string'; i++) value = JSON.parse(value)
  return value as { workspaceId?: string; scopes?: string[] }
}
