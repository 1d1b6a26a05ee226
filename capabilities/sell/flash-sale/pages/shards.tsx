import type { Board } from '#capabilities/sell/flash-sale/views.ts'
import { words } from '#capabilities/sell/flash-sale/words.ts'
import { num } from '#console/format.ts'
import { Grid } from '#console/parts/grid.tsx'
import { useWords } from '#console/words.ts'

type Row = { key: string; shard: number; sku: string; free: number; held: number; sold: number }

/** Units where they lie, of a sale that is spread over several shards; nothing of another. */
export function Shards({ shards }: { shards: Board['shards'] }) {
  const w = useWords(words)
  if (shards.length === 0) return null
  const rows: Row[] = shards.flatMap((counts, shard) =>
    counts.map(({ sku, free, held, sold }) => ({ key: `${shard} ${sku}`, shard, sku, free, held, sold })),
  )
  const figure = (key: 'free' | 'held' | 'sold') => ({
    ...{ key, title: w[key], width: 84, align: 'right' as const },
    render: (row: Row) => num(row[key]),
  })
  return (
    <>
      <Grid<Row>
        rows={rows}
        rowKey={({ key }) => key}
        height={Math.min(320, 40 + rows.length * 36)}
        columns={[
          { key: 'shard', title: w.shard, width: 70, render: ({ shard }) => num(shard + 1) },
          {
            key: 'sku',
            title: w.sku,
            width: 130,
            render: ({ sku }) => <span className="d-mono">{sku}</span>,
          },
          figure('free'),
          figure('held'),
          figure('sold'),
        ]}
      />
      <p className="d-muted">{w.shardsNote}</p>
    </>
  )
}
