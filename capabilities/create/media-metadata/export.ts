import type { WorkspaceId } from '#kernel/id.ts'
import type { ExportLine, Library } from './library.ts'
import { REASONS } from './media-metadata.ts'
import { inOrder } from './record/schema.ts'

const PAGE_ROWS = 500

/** A batch as NDJSON, one page in memory at a time. */
export async function* exportedLines(
  library: Library,
  workspaceId: WorkspaceId,
  batchId: string,
): AsyncGenerator<string> {
  for (let after: number | null = -1; after !== null; ) {
    const page = await library.batchLines(workspaceId, batchId, after, PAGE_ROWS)
    if (page.lines.length > 0) yield page.lines.map((line) => `${JSON.stringify(asLine(line))}\n`).join('')
    after = page.lastSeq
  }
}

/** First what became of the file, then the record's fields on the same level. New ones are only ever added. */
export const asLine = ({ location, verdict, reason, detail, isCached, findings, record }: ExportLine) => ({
  file: location,
  verdict,
  reason,
  reasonText: reason === null ? null : REASONS[reason].en,
  detail,
  isCached,
  findings,
  ...(record && inOrder(record)),
})
