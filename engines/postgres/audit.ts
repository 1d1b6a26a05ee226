import type { Audit } from '#kernel/audit.ts'
import { newId } from '#kernel/id.ts'

/** The audit trail as a table that nothing updates. */
export const postgresAudit: Audit = async (
  sql,
  { workspaceId, actor, action, subject, room, detail = {} },
) => {
  await sql.query(
    'insert into platform.audit (id, workspace_id, actor, action, subject, room, detail) values ($1, $2, $3, $4, $5, $6, $7)',
    [newId('aud'), workspaceId, actor, action, subject, room, JSON.stringify(detail)],
  )
}
