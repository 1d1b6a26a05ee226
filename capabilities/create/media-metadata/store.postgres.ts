import { newId, type WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Row } from '#kernel/ledger.ts'
import {
  type Batch,
  type BatchAsk,
  batchKeyOf,
  fileIdOf,
  isPassing,
  type Pending,
  type Result,
} from './batch.ts'
import type { Outcome } from './media-metadata.ts'
import { judge } from './readiness.ts'
import type { Store } from './store.ts'

const moment = (ms: number) => new Date(ms)

export function postgresStore(ledger: Ledger): Store {
  return {
    openBatch: (ask, nowMs) => ledger.within(ask.workspaceId, (tx) => opened(tx, ask, nowMs)),
    takeBatch: (workspaceId, batchId, nowMs) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query<Row>(
          `update media_metadata.batch set state = 'running', run_at = $2, run_done = done
            where batch_id = $1 and ended_at is null returning *`,
          [batchId, moment(nowMs)],
        )
        return row ? batchOf(row) : null
      }),
    forgetItems: ({ workspaceId, batchId }) =>
      ledger.within(workspaceId, async (tx) => {
        await tx.query('delete from media_metadata.item where batch_id = $1', [batchId])
        await tx.query(
          `update media_metadata.batch set done = 0, ready = 0, warning = 0, blocked = 0, bad = 0, cached = 0, run_done = 0
            where batch_id = $1`,
          [batchId],
        )
      }),
    addItems: ({ workspaceId, batchId }, fromSeq, items) =>
      ledger.within(workspaceId, async (tx) => {
        await tx.query(
          `insert into media_metadata.item (workspace_id, batch_id, seq, file_id, kind, location)
           select $1, $2, $3 + n - 1, file_id, kind, location
             from unnest($4::text[], $5::text[], $6::text[]) with ordinality as found (file_id, kind, location, n)`,
          [
            workspaceId,
            batchId,
            fromSeq,
            items.map(({ location }) => fileIdOf(workspaceId, location)),
            items.map(({ kind }) => kind),
            items.map(({ location }) => location),
          ],
        )
      }),
    endSearch: ({ workspaceId, batchId }, total) =>
      ledger.within(workspaceId, async (tx) => {
        await tx.query('update media_metadata.batch set is_expanded = true, total = $2 where batch_id = $1', [
          batchId,
          total,
        ])
      }),
    pending: ({ workspaceId, batchId }, afterSeq, limit) =>
      ledger.within(workspaceId, async (tx) =>
        (await tx.query<Row>(PENDING, [batchId, afterSeq, limit], 'media_metadata.pending')).map(pendingOf),
      ),
    content: (workspaceId, hash, wantsGps) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query<Row>(CONTENT, [hash, wantsGps], 'media_metadata.content')
        return row ? outcomeOf(row) : null
      }),
    commit: ({ workspaceId, batchId, wantsGps }, results, nowMs) =>
      ledger.within(workspaceId, async (tx) => {
        const fresh = results
          .filter((result) => result.fresh !== null)
          .map((result) => fileRow(result, wantsGps))
        if (fresh.length > 0) {
          const rows = plainJson(fresh)
          await tx.query(FILES, [workspaceId, rows, moment(nowMs)], 'media_metadata.files')
          await tx.query(RAWS, [workspaceId, rows], 'media_metadata.raws')
        }
        const items = plainJson(
          results.map(({ seq, isCached, verdict, reason, detail }) => ({
            seq,
            is_cached: isCached,
            verdict,
            reason,
            detail,
          })),
        )
        const [row] = await tx.query<Row>(ITEMS, [batchId, items], 'media_metadata.items')
        return row!['state']
      }),
    endBatch: ({ workspaceId, batchId }, nowMs) =>
      ledger.within(workspaceId, async (tx) => {
        await tx.query(
          `update media_metadata.batch set state = 'done', ended_at = $2 where batch_id = $1 and ended_at is null`,
          [batchId, moment(nowMs)],
        )
      }),
    cancel: (workspaceId, batchId, nowMs) =>
      ledger.within(workspaceId, async (tx) => {
        const gone = await tx.query(
          `update media_metadata.batch set state = 'cancelled', ended_at = $2
            where batch_id = $1 and ended_at is null returning batch_id`,
          [batchId, moment(nowMs)],
        )
        return gone.length > 0
      }),
    retryBad: (workspaceId, batchId) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query<{ count: number }>(RETRY, [batchId])
        return row!.count
      }),
    unended: (limit) =>
      ledger.everywhere.query(
        `select workspace_id as "workspaceId", batch_id as "batchId" from media_metadata.batch
          where ended_at is null order by batch_id limit $1`,
        [limit],
      ),
    preset: (workspaceId) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query<Row>('select preset from media_metadata.preset')
        return row?.['preset'] ?? null
      }),
    setPreset: (workspaceId, preset, by, nowMs) =>
      ledger.within(workspaceId, async (tx) => {
        await tx.query(
          `insert into media_metadata.preset (workspace_id, preset, changed_at, changed_by) values ($1, $2::jsonb, $3, $4)
           on conflict (workspace_id) do update set preset = $2::jsonb, changed_at = $3, changed_by = $4`,
          [workspaceId, JSON.stringify(preset), moment(nowMs), by],
        )
      }),
    judgeAgain: (workspaceId, preset, after, limit) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query<Row>(
          `select file_id, record from media_metadata.file
            where file_id > $1 and record is not null and verdict <> 'bad' order by file_id limit $2 for update`,
          [after, limit],
        )
        const judged = rows.map((row) => ({ file_id: row['file_id'], ...judge(row['record'], preset) }))
        await tx.query(
          `update media_metadata.file f set verdict = j.verdict, findings = j.findings
             from jsonb_to_recordset($1::jsonb) as j (file_id text, verdict text, findings jsonb) where f.file_id = j.file_id`,
          [plainJson(judged)],
        )
        return rows.length < limit ? null : rows.at(-1)!['file_id']
      }),
    forgetFiles: (workspaceId, which) =>
      ledger.within(workspaceId, async (tx) => {
        const { fileId = null, reason = null } = { ...which } as { fileId?: string; reason?: string }
        const [row] = await tx.query<{ count: number }>(FORGET, [fileId, reason])
        return row!.count
      }),
    async forgetBatches(beforeMs) {
      await ledger.everywhere.query(
        `with gone as (delete from media_metadata.batch where ended_at < $1 returning workspace_id, batch_id)
         delete from media_metadata.item i using gone where i.workspace_id = gone.workspace_id and i.batch_id = gone.batch_id`,
        [moment(beforeMs)],
      )
    },
  }
}

async function opened(tx: { query: Ledger['everywhere']['query'] }, ask: BatchAsk, nowMs: number) {
  const key = batchKeyOf(ask)
  const batchId = newId('mb', nowMs)
  const [made] = await tx.query<Row>(
    `insert into media_metadata.batch
       (workspace_id, batch_id, batch_key, sources, wants_gps, is_fresh, any_path, concurrency, started_by, created_at)
     values ($1, $2, $3, $4::jsonb, $5, $6, $7, $8, $9, $10)
     on conflict (workspace_id, batch_key) where ended_at is null do update set concurrency = excluded.concurrency
     returning batch_id`,
    [
      ask.workspaceId,
      batchId,
      key,
      plainJson(ask.sources),
      ask.wantsGps,
      ask.isFresh,
      ask.anyPath,
      ask.concurrency,
      ask.startedBy,
      moment(nowMs),
    ],
  )
  const id: string = made!['batch_id']
  return { batchId: id, isResumed: id !== batchId }
}

const batchOf = (row: Row): Batch => ({
  workspaceId: row['workspace_id'] as WorkspaceId,
  batchId: row['batch_id'],
  sources: row['sources'],
  wantsGps: row['wants_gps'],
  isFresh: row['is_fresh'],
  anyPath: row['any_path'],
  concurrency: row['concurrency'],
  startedBy: row['started_by'],
  isExpanded: row['is_expanded'],
  total: row['total'],
  done: row['done'],
})

const pendingOf = (row: Row): Pending => ({
  seq: row['seq'],
  fileId: row['file_id'],
  kind: row['kind'],
  location: row['location'],
  isAgain: row['is_again'],
  known: row['verdict'] && {
    stamp: row['modified_ns'] && {
      sizeBytes: Number(row['size_bytes']),
      modifiedNs: row['modified_ns'],
      inode: row['inode'],
    },
    etag: row['etag'],
    hasGps: row['has_gps'],
    verdict: row['verdict'],
    reason: row['reason'],
  },
})

const outcomeOf = (row: Row): Outcome => ({
  verdict: row['verdict'],
  reason: row['reason'],
  detail: row['detail'],
  findings: row['findings'],
  record: row['record'],
  raw: { ffprobe: row['ffprobe'], tags: row['tags'] },
})

function fileRow({ fileId, kind, location, fileName, fresh }: Result, wantsGps: boolean) {
  const { outcome, stamp, etag, hash, hasGps } = fresh!
  const { record, raw } = outcome
  // A failure that may pass is not remembered by its stamp: the next batch looks again.
  const kept = isPassing(outcome.reason) ? null : stamp
  return {
    file_id: fileId,
    kind,
    location,
    file_name: fileName,
    size_bytes: stamp?.sizeBytes ?? null,
    modified_ns: kept?.modifiedNs ?? null,
    inode: kept?.inode ?? null,
    etag,
    content_hash: isPassing(outcome.reason) ? null : hash,
    has_gps: hasGps || wantsGps,
    verdict: outcome.verdict,
    reason: outcome.reason,
    detail: outcome.detail,
    findings: outcome.findings,
    record,
    media_kind: record?.kind ?? null,
    orientation: record?.orientation ?? null,
    width: record?.width ?? null,
    height: record?.height ?? null,
    duration_seconds: record?.durationSeconds ?? null,
    ffprobe: raw?.ffprobe ?? null,
    tags: raw?.tags ?? null,
  }
}

/** JSON that the ledger takes: no NUL, no half characters. */
const plainJson = (value: unknown): string =>
  JSON.stringify(value, (_key, one) =>
    typeof one === 'string' ? one.replaceAll('\0', '').toWellFormed() : one,
  )

const PENDING = `
  select i.seq, i.file_id, i.kind, i.location, i.is_again, f.size_bytes, f.modified_ns, f.inode, f.etag, f.has_gps,
         f.verdict, f.reason
    from media_metadata.item i left join media_metadata.file f using (workspace_id, file_id)
   where i.batch_id = $1 and i.seq > $2 and not i.is_done order by i.seq limit $3`

const CONTENT = `
  select f.*, r.ffprobe, r.tags from media_metadata.file f left join media_metadata.raw r using (workspace_id, file_id)
   where f.content_hash = $1 and f.has_gps = $2 limit 1`

const COLUMNS = `file_id text, kind text, location text, file_name text, size_bytes bigint, modified_ns text, inode text,
  etag text, content_hash text, has_gps boolean, verdict text, reason text, detail text, findings jsonb, record jsonb,
  media_kind text, orientation text, width integer, height integer, duration_seconds double precision`
const NAMES = COLUMNS.split(',').map((column) => column.trim().split(' ')[0]!)

const FILES = `
  insert into media_metadata.file (workspace_id, ${NAMES.join(', ')}, first_seen_at, looked_at)
  select $1, ${NAMES.map((name) => `r.${name}`).join(', ')}, $3::timestamptz, $3::timestamptz
    from (select distinct on (file_id) * from jsonb_to_recordset($2::jsonb) as all_rows (${COLUMNS})) r
  on conflict (workspace_id, file_id) do update set
    ${NAMES.slice(1)
      .map((name) => `${name} = excluded.${name}`)
      .join(', ')}, looked_at = excluded.looked_at`

const RAWS = `
  insert into media_metadata.raw (workspace_id, file_id, ffprobe, tags)
  select distinct on (file_id) $1, file_id, ffprobe, tags
    from jsonb_to_recordset($2::jsonb) as r (file_id text, ffprobe jsonb, tags jsonb)
  on conflict (workspace_id, file_id) do update set ffprobe = excluded.ffprobe, tags = excluded.tags`

/** Counts come out of the rows that were really moved on, so a chunk that comes twice counts once. */
const ITEMS = `
  with moved as (
    update media_metadata.item i set is_done = true, is_cached = r.is_cached, verdict = r.verdict, reason = r.reason, detail = r.detail
      from jsonb_to_recordset($2::jsonb) as r (seq integer, is_cached boolean, verdict text, reason text, detail text)
     where i.batch_id = $1 and i.seq = r.seq and not i.is_done
    returning i.verdict, i.is_cached
  ), counted as (
    select count(*)::int as done, count(*) filter (where verdict = 'ready')::int as ready,
           count(*) filter (where verdict = 'warning')::int as warning,
           count(*) filter (where verdict = 'blocked')::int as blocked,
           count(*) filter (where verdict = 'bad')::int as bad, count(*) filter (where is_cached)::int as cached
      from moved
  )
  update media_metadata.batch b
     set done = b.done + c.done, ready = b.ready + c.ready, warning = b.warning + c.warning,
         blocked = b.blocked + c.blocked, bad = b.bad + c.bad, cached = b.cached + c.cached
    from counted c where b.batch_id = $1 returning b.state`

const RETRY = `
  with again as (
    update media_metadata.item set is_done = false, is_again = true, verdict = null, reason = null, detail = null
     where batch_id = $1 and is_done and verdict = 'bad' returning is_cached
  ), counted as (select count(*)::int as count, count(*) filter (where is_cached)::int as cached from again
  ), reopened as (
    update media_metadata.batch b set state = 'waiting', ended_at = null, done = b.done - c.count, bad = b.bad - c.count,
           cached = b.cached - c.cached
      from counted c where b.batch_id = $1 and c.count > 0
  )
  select count from counted`

const FORGET = `
  with gone as (
    delete from media_metadata.file where ($1::text is null or file_id = $1) and ($2::text is null or reason = $2)
    returning workspace_id, file_id
  ), words as (
    delete from media_metadata.raw r using gone where r.workspace_id = gone.workspace_id and r.file_id = gone.file_id
  )
  select count(*)::int as count from gone`
