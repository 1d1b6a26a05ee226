import type { WorkspaceId } from '#kernel/id.ts'
import type { Catalogue, Slice } from './catalogue.ts'

export const EXPORTS = ['videos', 'comments', 'hot-list'] as const
export type ExportName = (typeof EXPORTS)[number]

/** The fields of each export in their order, the same in NDJSON and CSV. New ones are only ever added at the end. */
export const EXPORT_FIELDS = {
  videos: [
    'itemId',
    'videoId',
    'accountId',
    'title',
    'publishedAtMs',
    'plays',
    'likes',
    'comments',
    'shares',
    'forwards',
    'downloads',
    'growth',
    'isTop',
    'isReviewed',
    'mediaType',
    'videoStatus',
    'cover',
    'shareUrl',
    'lookedAtMs',
    'firstSeenAtMs',
    'goneAtMs',
  ],
  comments: [
    'commentId',
    'itemId',
    'replyTo',
    'userId',
    'nickname',
    'avatar',
    'content',
    'createdAtMs',
    'likes',
    'replies',
    'top',
    'accountId',
    'roomId',
    'origin',
    'firstSeenAtMs',
  ],
  'hot-list': ['list', 'activeAtMs', 'rank', 'sentence', 'heat', 'label'],
} as const satisfies Record<ExportName, readonly string[]>

export type ExportFormat = 'ndjson' | 'csv'

const PAGE_ROWS = 2_000

/** The text of an export in pieces of one page: what is in memory does not grow with the export. */
export async function* exported(
  catalogue: Catalogue,
  what: ExportName,
  format: ExportFormat,
  workspaceId: WorkspaceId,
): AsyncGenerator<string> {
  const fields: readonly string[] = EXPORT_FIELDS[what]
  if (format === 'csv') yield csvLine(fields)
  const line = format === 'csv' ? csvLine : ndjsonLine(fields)
  for (let after: string | undefined; ; ) {
    const { items, next } = await readPage(catalogue, what, { workspaceId, after, limit: PAGE_ROWS })
    if (items.length > 0)
      yield items.map((row) => line(fields.map((field) => (row as Record<string, unknown>)[field]))).join('')
    if (next === null) return
    after = next
  }
}

function readPage(
  catalogue: Catalogue,
  what: ExportName,
  ask: { workspaceId: WorkspaceId; after: string | undefined; limit: number },
): Promise<Slice<object>> {
  if (what === 'videos') return catalogue.exportVideos(ask)
  if (what === 'comments') return catalogue.exportComments(ask)
  return catalogue.exportHotList(ask)
}

const ndjsonLine = (fields: readonly string[]) => (values: readonly unknown[]) =>
  `${JSON.stringify(Object.fromEntries(fields.map((field, i) => [field, values[i]])))}\n`

/** RFC 4180, with a plain line feed; an absent value is empty. */
const csvLine = (values: readonly unknown[]): string => `${values.map(csvCell).join(',')}\n`

function csvCell(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
