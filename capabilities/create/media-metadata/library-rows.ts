import type { Row } from '#kernel/ledger.ts'
import type { BatchView } from './batch.ts'
import type { ExportLine, FileDetail, FileView, Slice } from './library.ts'

export const sliced = <T>(
  rows: Row[],
  limit: number,
  view: (row: Row) => T,
  position: (row: Row) => string,
): Slice<T> => ({
  items: rows.slice(0, limit).map(view),
  next: rows.length > limit ? position(rows[limit - 1]!) : null,
})

const ms = (value: unknown): number => new Date(value as string).getTime()
const msOrNull = (value: unknown): number | null => (value === null || value === undefined ? null : ms(value))

export const fileViewOf = (row: Row): FileView => ({
  fileId: row['file_id'],
  kind: row['kind'],
  location: row['location'],
  fileName: row['file_name'],
  verdict: row['verdict'],
  reason: row['reason'],
  detail: row['detail'],
  findings: row['findings'],
  mediaKind: row['media_kind'],
  orientation: row['orientation'],
  sizeBytes: row['size_bytes'] === null ? null : Number(row['size_bytes']),
  firstSeenAtMs: ms(row['first_seen_at']),
  lookedAtMs: ms(row['looked_at']),
  record: row['record'],
  conflicts: row['conflicts'] ?? 0,
  hasPoster: row['content_hash'] !== null && (row['media_kind'] === 'video' || row['media_kind'] === 'image'),
})

export const detailOf = (row: Row): FileDetail => ({
  ...fileViewOf(row),
  contentHash: row['content_hash'],
  record: row['record'],
  raw: { ffprobe: row['ffprobe'] ?? null, tags: row['tags'] ?? null },
})

/** Speed and time left are those of the run under way, or of the last one. */
export function batchViewOf(row: Row, nowMs: number): BatchView {
  const endedAtMs = msOrNull(row['ended_at'])
  const runAtMs = msOrNull(row['run_at'])
  const ranSeconds = runAtMs === null ? 0 : Math.max(0.001, ((endedAtMs ?? nowMs) - runAtMs) / 1000)
  const ran = row['done'] - row['run_done']
  const rate = ranSeconds > 0 && ran > 0 ? ran / ranSeconds : null
  const left = row['total'] === null ? null : row['total'] - row['done']
  return {
    batchId: row['batch_id'],
    sources: row['sources'],
    state: row['state'],
    total: row['total'],
    done: row['done'],
    ready: row['ready'],
    warning: row['warning'],
    blocked: row['blocked'],
    bad: row['bad'],
    cached: row['cached'],
    wantsGps: row['wants_gps'],
    startedBy: row['started_by'],
    createdAtMs: ms(row['created_at']),
    endedAtMs,
    ratePerSecond: rate === null ? null : Math.round(rate * 10) / 10,
    etaSeconds: endedAtMs !== null ? 0 : rate === null || left === null ? null : Math.ceil(left / rate),
  }
}

export const lineOf = (row: Row): ExportLine => ({
  location: row['location'],
  // The rules may have changed since; what the batch found to be bad stays what it found.
  verdict: row['verdict'] === 'bad' ? 'bad' : (row['file_verdict'] ?? row['verdict']),
  reason: row['reason'],
  detail: row['detail'] ?? (row['verdict'] === 'bad' ? row['file_detail'] : null),
  isCached: row['is_cached'] ?? false,
  findings: row['findings'] ?? [],
  record: row['record'] ?? null,
})
