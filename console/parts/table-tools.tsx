import { DownloadOutlined, SettingOutlined } from '@ant-design/icons'
import { Button, Dropdown, Tooltip } from 'antd'
import { useState } from 'react'
import { type ListPage, queries } from '#console/client.ts'
import { csv, download } from '#console/csv.ts'
import { day } from '#console/format.ts'
import { preferences, usePhone, usePreferences } from '#console/preferences.ts'
import { fill, useWords } from '#console/words.ts'
import type { Column } from './columns.ts'
import type { Source } from './data-table.tsx'
import { useNotice } from './notice.tsx'
import { partWords } from './words.ts'

const exportLimit = 10_000

type ToolsProps<Row> = {
  name: string
  source: Source<Row>
  columns: Column<Row>[]
  hidden: string[]
  hide: (hidden: string[]) => void
}

/** Column set, density and CSV of all that is filtered. */
export function TableTools<Row>({ name, source, columns, hidden, hide }: ToolsProps<Row>) {
  const w = useWords(partWords)
  const { density } = usePreferences()
  const notices = useNotice()
  const phone = usePhone()
  const [exporting, setExporting] = useState(false)
  const save = async () => {
    setExporting(true)
    try {
      const { rows, cut } = await readAll(source)
      const kept = columns.filter(({ value }) => value)
      download(
        `${name}-${day(Date.now())}.csv`,
        csv(
          kept.map(({ title }) => title),
          rows.map((row) => kept.map(({ value }) => value?.(row))),
        ),
      )
      if (cut) void notices.info(fill(w.csvCut, { n: rows.length }))
    } catch (thrown) {
      void notices.error((thrown as Error).message)
    } finally {
      setExporting(false)
    }
  }
  const items = [
    ...columns.map(({ key, title }) => ({
      key,
      label: title,
      onClick: () => hide(hidden.includes(key) ? hidden.filter((other) => other !== key) : [...hidden, key]),
    })),
    { type: 'divider' as const },
    {
      key: '#density',
      label: w.dense,
      onClick: () => preferences.set({ density: density === 'small' ? 'middle' : 'small' }),
    },
  ]
  const chosen = [
    ...columns.filter(({ key }) => !hidden.includes(key)).map(({ key }) => key),
    ...(density === 'small' ? ['#density'] : []),
  ]
  return (
    <>
      {columns.some(({ value }) => value) && (
        <Tooltip title={w.csv}>
          <Button
            size="small"
            type="text"
            aria-label={w.csv}
            icon={<DownloadOutlined />}
            loading={exporting}
            onClick={() => void save()}
          />
        </Tooltip>
      )}
      {!phone && (
        <Dropdown
          trigger={['click']}
          menu={{ items, selectable: true, multiple: true, selectedKeys: chosen }}
        >
          <Button
            size="small"
            type="text"
            aria-label={w.columns}
            title={w.columns}
            icon={<SettingOutlined />}
          />
        </Dropdown>
      )}
    </>
  )
}

/** Every row behind the filters, up to a limit, read anew rather than from what happens to be loaded. */
async function readAll<Row>(source: Source<Row>) {
  const rows: Row[] = []
  let cursor: string | undefined
  do {
    const read = source.queryFn as (context: object) => Promise<ListPage<Row>>
    const page = await read({
      client: queries,
      queryKey: source.queryKey,
      pageParam: cursor,
      signal: new AbortController().signal,
    })
    rows.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor && rows.length < exportLimit)
  return { rows: rows.slice(0, exportLimit), cut: Boolean(cursor) }
}
