import { useQuery } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'
import type { SourceFile } from '#capabilities/create/clips/sources.ts'
import { words } from '#capabilities/create/clips/words.ts'
import { type ListPage, read } from '#console/client.ts'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { useWords } from '#console/words.ts'
import { baseName, bytesText } from './clip-text.ts'
import { path } from './path.ts'
import { UploadSource } from './upload-source.tsx'

/** Files that a job may name; a press writes the path where the caret stands. */
export function SourceList({ insert }: { insert: (source: string) => void }) {
  const w = useWords(words)
  const [q, setQ] = useState('')
  const query = useQuery({
    ...read<ListPage<SourceFile>>(`${path}/sources`, { q, limit: 100 }),
    placeholderData: (before: ListPage<SourceFile> | undefined) => before,
  })
  const files = query.data?.items
  return (
    <Card
      title={w.sources}
      extra={
        <>
          <Input.Search
            allowClear
            placeholder={w.findSource}
            aria-label={w.findSource}
            onSearch={setQ}
            style={{ width: 200 }}
          />
          <UploadSource />
        </>
      }
    >
      {query.isError && <Reason problem={query.error} onRetry={() => void query.refetch()} />}
      {!files && !query.isError && <Loading shape="block" what={w.sources} />}
      {files?.length === 0 && <Empty2 kind="unstarted" text={w.noSources} />}
      <ul style={{ maxHeight: 240, overflowY: 'auto' }}>
        {files?.map(({ path: source, bytes }) => (
          <li key={source} style={{ display: 'flex', gap: 8, alignItems: 'center', minHeight: 30 }}>
            <span className="d-clip" style={{ flex: 1 }} title={source}>
              {baseName(source)} <span className="d-muted">{source.slice(0, -baseName(source).length)}</span>
            </span>
            <span className="d-muted d-num">{bytesText(bytes)}</span>
            {/* The caret must not leave the text. */}
            <Button
              size="small"
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => insert(JSON.stringify(source))}
            >
              {w.insert}
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  )
}
