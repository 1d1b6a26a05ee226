import type { Api } from '#kernel/api.ts'
import type { EngineLine } from './engines.ts'

/** Prints every engine: what was picked, whether it answers, what to do. Exit code 1 when one that must answer does not. */
export async function doctor(connect: () => Promise<Api>, asJson: boolean): Promise<number> {
  const platform = await connect()
  const { items } = await platform.get<{ items: EngineLine[] }>('/api/system/engines')
  await platform.close()
  if (asJson) console.log(JSON.stringify(items, null, 2))
  else console.log(table(items))
  return items.every((line) => line.reachable || line.isOptional) ? 0 : 1
}

function table(lines: readonly EngineLine[]): string {
  const rows = [
    ['engine', 'role', 'picked', 'version', 'reachable', 'latency', 'what to do'],
    ...lines.map((line) => [
      line.engine,
      line.role,
      line.picked,
      line.version ?? '—',
      line.reachable ? 'yes' : 'no',
      line.latencyMs === undefined ? '—' : `${line.latencyMs} ms`,
      line.advice ?? '',
    ]),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
