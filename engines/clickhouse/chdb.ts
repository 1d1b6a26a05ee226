import { mkdir } from 'node:fs/promises'
import { fault } from '#kernel/fault.ts'
import type { Row } from '#kernel/ledger.ts'
import { turnstile } from '#kernel/turnstile.ts'
import { bind } from './bind.ts'
import { warehouseFault } from './translate.ts'
import { type OpenedWarehouse, rowBatches, SETTINGS } from './warehouse.ts'

/** Statements at once. Each holds a thread of libuv's four, and files and names are looked up on the same threads. */
const AT_ONCE = 2
const WAITING = 1000

/**
 * ClickHouse in this process, its data in `folder`; one folder per process. Only calls that run beside the event
 * loop, never a worker thread: the library does not survive the end of one.
 */
export async function chdbWarehouse(folder: string): Promise<OpenedWarehouse> {
  const { Session, drainPending } = await loadChdb()
  await mkdir(folder, { recursive: true })
  const session = opened(() => new Session(folder, { connectionArgs: CONNECTION }))
  const full = () => fault('unavailable', 'warehouse/full', 'Too many statements wait for the warehouse')
  const inTurn = turnstile(AT_ONCE, { waiting: WAITING, full })
  const ask = <T>(work: () => Promise<T>): Promise<T> =>
    inTurn(work).catch((error) => {
      throw warehouseFault(error)
    })
  const query = async <R>(sql: string, params?: Parameters<typeof bind>[1]) => {
    const answer = await ask(() => session.queryAsync(bind(sql, params), { format: 'JSONEachRow' }))
    return rowsOf<R>(answer.text())
  }

  return {
    query: query as OpenedWarehouse['query'],
    async command(sql) {
      await ask(() => session.queryAsync(sql, { format: 'Null' }))
    },
    async insert(table, rows) {
      for (const batch of rowBatches(rows)) {
        const values = Buffer.from(batch.map((row) => JSON.stringify(row)).join('\n'))
        const settings = {
          input_format_skip_unknown_fields: SETTINGS.input_format_skip_unknown_fields,
          date_time_input_format: SETTINGS.date_time_input_format,
        }
        await ask(() => session.insert({ table, values, format: 'JSONEachRow', settings }))
      }
    },
    async probe() {
      const since = performance.now()
      const [row] = await query<{ version: string }>('SELECT version() AS version')
      return { version: `${row!.version} in this process`, latencyMs: performance.now() - since }
    },
    async close() {
      await drainPending()
      session.close()
      await drainPending()
    },
  }
}

const CONNECTION = [
  `--output_format_json_quote_64bit_integers=${SETTINGS.output_format_json_quote_64bit_integers}`,
  // A server tells its own time zone; here it must not be that of the laptop.
  '--session_timezone=UTC',
]

async function loadChdb() {
  return import('chdb').catch((cause) => {
    throw fault(
      'unavailable',
      'warehouse/not-installed',
      'ClickHouse for this process (chdb) is not installed',
      {
        cause,
        cure: 'Run npm install without --omit=optional (on Linux or macOS), or set CLICKHOUSE_URL to a server.',
      },
    )
  })
}

function opened<T>(open: () => T): T {
  try {
    return open()
  } catch (cause) {
    throw fault('unavailable', 'warehouse/folder', 'The data folder of the warehouse cannot be opened', {
      cause,
      cure: 'Another process may hold it: stop the other one. Check that the disk is not full.',
    })
  }
}

function rowsOf<R = Row>(text: string): R[] {
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
}
