import type { Ledger, Row } from '#kernel/ledger.ts'
import type { FieldStatistics, FileFilter, Library } from './library.ts'
import { batchViewOf, detailOf, fileViewOf, lineOf, sliced } from './library-rows.ts'

const DAY_MS = 86_400_000
const SUMMARY_DAYS = 30

export function postgresLibrary(ledger: Ledger): Library {
  const within = <R = Row>(
    workspace: Parameters<Ledger['within']>[0],
    text: string,
    values: readonly unknown[] = [],
  ) => ledger.within(workspace, (tx) => tx.query<R>(text, values))

  return {
    async files(workspaceId, { after, limit, ...filter }) {
      const [at, id] = after?.split('~') ?? []
      const rows = await within(
        workspaceId,
        `${FILES} where ${FILTER}
            and ($8::text is null or (f.looked_at, f.file_id) < ($8::timestamptz, $9))
          order by f.looked_at desc, f.file_id desc limit $10`,
        [...filterValues(filter), at ?? null, id ?? null, limit + 1],
      )
      return sliced(rows, limit, fileViewOf, (row) => `${row['looked_text']}~${row['file_id']}`)
    },
    async file(workspaceId, fileId) {
      const [row] = await within(
        workspaceId,
        `select f.*, r.ffprobe, r.tags from media_metadata.file f left join media_metadata.raw r using (workspace_id, file_id)
          where f.file_id = $1`,
        [fileId],
      )
      return row ? detailOf(row) : null
    },
    async posterSource(workspaceId, fileId) {
      const [row] = await within(
        workspaceId,
        `select kind, location, content_hash, size_bytes, modified_ns, duration_seconds from media_metadata.file
          where file_id = $1 and content_hash is not null and media_kind in ('video', 'image')`,
        [fileId],
      )
      if (!row) return null
      return {
        kind: row['kind'],
        location: row['location'],
        contentHash: row['content_hash'],
        sizeBytes: Number(row['size_bytes']),
        modifiedNs: row['modified_ns'],
        durationSeconds: row['duration_seconds'],
      }
    },
    async summary(workspaceId, nowMs) {
      const [row] = await within(workspaceId, SUMMARY, [new Date(nowMs - SUMMARY_DAYS * DAY_MS)])
      const { batch, ...counts } = row!
      const lookedAt = Number(counts['lookedAt'])
      return {
        ...(counts as Omit<
          Awaited<ReturnType<Library['summary']>>,
          'readyShare' | 'cachedShare' | 'filesPerSecond'
        >),
        readyShare: counts['files'] > 0 ? counts['ready'] / counts['files'] : null,
        cachedShare: lookedAt > 0 ? counts['cached'] / lookedAt : null,
        filesPerSecond: batch ? batchViewOf(batch, nowMs).ratePerSecond : null,
      }
    },
    failures: (workspaceId) => within(workspaceId, FAILURES),
    findings: (workspaceId) => within(workspaceId, FINDINGS),
    async statistics(workspaceId) {
      const [values, numbers] = [
        await within<FieldStatistics['values'][number]>(workspaceId, VALUES, [VALUE_FIELDS]),
        await within<FieldStatistics['numbers'][number]>(workspaceId, NUMBERS, [NUMBER_FIELDS]),
      ]
      return { values, numbers }
    },
    scatter: (workspaceId, { limit, ...filter }) =>
      within(
        workspaceId,
        `select f.file_id as "fileId", f.file_name as "fileName", f.width, f.height, f.verdict, f.orientation,
                f.duration_seconds as "durationSeconds"
           from media_metadata.file f where ${FILTER} and f.width is not null and f.duration_seconds is not null
          order by f.looked_at desc, f.file_id desc limit $8`,
        [...filterValues(filter), limit],
      ),
    async batches(workspaceId, { state, after, limit, nowMs }) {
      const rows = await within(
        workspaceId,
        `select * from media_metadata.batch where ($1::text is null or state = $1) and ($2::text is null or batch_id < $2)
          order by batch_id desc limit $3`,
        [state, after, limit + 1],
      )
      return sliced(
        rows,
        limit,
        (row) => batchViewOf(row, nowMs),
        (row) => row['batch_id'],
      )
    },
    async batch(workspaceId, batchId, nowMs) {
      const [row] = await within(workspaceId, 'select * from media_metadata.batch where batch_id = $1', [
        batchId,
      ])
      return row ? batchViewOf(row, nowMs) : null
    },
    async batchLines(workspaceId, batchId, afterSeq, limit) {
      const rows = await within(workspaceId, LINES, [batchId, afterSeq, limit])
      return { lines: rows.map(lineOf), lastSeq: rows.length < limit ? null : rows.at(-1)!['seq'] }
    },
  }
}

const filterValues = ({ verdict, reason, finding, orientation, mediaKind, text, batchId }: FileFilter) => [
  verdict,
  reason,
  finding ? JSON.stringify([{ code: finding }]) : null,
  orientation,
  mediaKind,
  text ? `%${text.replace(/[\\%_]/g, '\\$&')}%` : null,
  batchId,
]

const FILTER = `($1::text is null or f.verdict = $1) and ($2::text is null or f.reason = $2)
  and ($3::jsonb is null or f.findings @> $3::jsonb) and ($4::text is null or f.orientation = $4)
  and ($5::text is null or f.media_kind = $5)
  and ($6::text is null or f.file_name ilike $6 or f.location ilike $6 or f.record->>'title' ilike $6)
  and ($7::text is null or exists (select from media_metadata.item i where i.batch_id = $7 and i.file_id = f.file_id))`

const FILES = `
  select f.file_id, f.kind, f.location, f.file_name, f.verdict, f.reason, f.detail, f.findings, f.media_kind, f.orientation,
         f.size_bytes, f.content_hash, f.first_seen_at, f.looked_at, f.looked_at::text as looked_text,
         f.record - 'provenance' - 'conflicts' - 'tools' as record, jsonb_array_length(f.record->'conflicts') as conflicts
    from media_metadata.file f`

const LINES = `
  select i.seq, i.location, i.verdict, i.reason, i.detail, i.is_cached, f.findings, f.record, f.detail as file_detail,
         f.verdict as file_verdict
    from media_metadata.item i left join media_metadata.file f using (workspace_id, file_id)
   where i.batch_id = $1 and i.seq > $2 and i.is_done order by i.seq limit $3`

const SUMMARY = `
  select count(*)::int as files, count(*) filter (where verdict = 'ready')::int as ready,
         count(*) filter (where verdict = 'warning')::int as warning,
         count(*) filter (where verdict = 'blocked')::int as blocked, count(*) filter (where verdict = 'bad')::int as bad,
         (extract(epoch from max(looked_at)) * 1000)::float8 as "lastLookedAtMs",
         (select coalesce(sum(done), 0)::int from media_metadata.batch where created_at >= $1) as "lookedAt",
         (select coalesce(sum(cached), 0)::int from media_metadata.batch where created_at >= $1) as cached,
         (select count(*)::int from media_metadata.batch where ended_at is null) as "runningBatches",
         (select to_jsonb(b) from media_metadata.batch b where run_at is not null order by run_at desc limit 1) as batch,
         coalesce((select jsonb_agg(jsonb_build_object('orientation', orientation, 'count', n) order by n desc) from
            (select orientation, count(*)::int as n from media_metadata.file where record is not null group by 1) o), '[]') as orientations,
         coalesce((select jsonb_agg(jsonb_build_object('mediaKind', media_kind, 'count', n) order by n desc) from
            (select media_kind, count(*)::int as n from media_metadata.file where record is not null group by 1) k), '[]') as kinds
    from media_metadata.file`

const FAILURES = `
  select reason, count(*)::int as count,
         (array_agg(jsonb_build_object('fileId', file_id, 'fileName', file_name, 'detail', detail) order by looked_at desc))[1:5] as examples
    from media_metadata.file where verdict = 'bad' group by reason order by count(*) desc, reason`

const FINDINGS = `
  select x->>'code' as code, x->>'level' as level, x->>'source' as source, x->>'zh' as zh, x->>'en' as en, count(*)::int as count
    from media_metadata.file, jsonb_array_elements(findings) x group by 1, 2, 3, 4, 5 order by count(*) desc, 1 limit 50`

const VALUE_FIELDS = [
  'kind',
  'container',
  'resolution',
  'orientation',
  'rotationDegrees',
  'fps',
  'frameRateMode',
  'videoCodec',
  'videoProfile',
  'pixelFormat',
  'dynamicRange',
  'audioCodec',
  'audioChannels',
  'deviceModel',
  'createdZone',
  'software',
]
const NUMBER_FIELDS = [
  'durationSeconds',
  'sizeBytes',
  'bitrateKbps',
  'videoBitrateKbps',
  'audioBitrateKbps',
  'fps',
  'width',
  'height',
]

const VALUES = `
  with counted as (
    select field, record->>field as value, count(*)::int as count
      from media_metadata.file cross join unnest($1::text[]) as wanted (field) where record is not null group by 1, 2
  ), ranked as (
    select *, row_number() over (partition by field order by value is null, count desc, value) as rank,
           sum(count) over (partition by field)::int as files,
           (sum(count) filter (where value is not null) over (partition by field))::int as filled
      from counted
  )
  select field, files, coalesce(filled, 0) as filled,
         coalesce(jsonb_agg(jsonb_build_object('value', value, 'count', count) order by rank)
                    filter (where value is not null and rank <= 20), '[]') as top
    from ranked group by field, files, filled order by array_position($1::text[], field)`

const NUMBERS = `
  select field, count(*)::int as count, min(n) as min, percentile_cont(0.5) within group (order by n) as p50,
         percentile_cont(0.95) within group (order by n) as p95, max(n) as max, sum(n) as sum
    from (select field, (record->>field)::float8 as n from media_metadata.file
            cross join unnest($1::text[]) as wanted (field) where record is not null) numbers
   where n is not null group by field order by array_position($1::text[], field)`
