import { newId } from '#kernel/id.ts'
import type { Ledger, Row } from '#kernel/ledger.ts'
import type { Upload, Uploads } from './store.ts'

export function postgresUploads(ledger: Ledger): Uploads {
  return {
    open: (workspaceId, { fileName, sizeBytes, quotaBytes }, nowMs) =>
      ledger.within(workspaceId, async (tx) => {
        // Two uploads at once must not both see the last free room.
        await tx.query('select pg_advisory_xact_lock(hashtext($1))', [
          `media-metadata/uploads/${workspaceId}`,
        ])
        const [row] = await tx.query<Row>(
          `insert into media_metadata.upload (workspace_id, upload_id, file_name, size_bytes, created_at)
           select $1, $2, $3, $4::bigint, $5::timestamptz
            where (select coalesce(sum(size_bytes), 0) from media_metadata.upload) + $4::bigint <= $6::bigint returning *`,
          [workspaceId, newId('up', nowMs), fileName, sizeBytes, new Date(nowMs), quotaBytes],
        )
        return row ? uploadOf(row) : null
      }),
    find: (workspaceId, uploadId) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query<Row>('select * from media_metadata.upload where upload_id = $1', [
          uploadId,
        ])
        return row ? uploadOf(row) : null
      }),
    received: (workspaceId, uploadId, from, to) =>
      ledger.within(workspaceId, async (tx) => {
        const moved = await tx.query(
          `update media_metadata.upload set received_bytes = $3
            where upload_id = $1 and received_bytes = $2 and $3 <= size_bytes returning upload_id`,
          [uploadId, from, to],
        )
        return moved.length > 0
      }),
    async expire(beforeMs, limit) {
      const gone = await ledger.everywhere.query<{ upload_id: string }>(
        `delete from media_metadata.upload where (workspace_id, upload_id) in
           (select workspace_id, upload_id from media_metadata.upload where created_at < $1 limit $2) returning upload_id`,
        [new Date(beforeMs), limit],
      )
      return gone.map((row) => row.upload_id)
    },
  }
}

const uploadOf = (row: Row): Upload => ({
  uploadId: row['upload_id'],
  fileName: row['file_name'],
  sizeBytes: Number(row['size_bytes']),
  receivedBytes: Number(row['received_bytes']),
})
