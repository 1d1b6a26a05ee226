import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { Api } from '#kernel/api.ts'
import type { Verbs } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'
import type { RunView } from './catalogue.ts'
import { SOURCES, type SourceName } from './collector.ts'
import { EXPORTS, type ExportName } from './export.ts'
import { duration, progressBar } from './progress-bar.ts'

interface CollectOptions {
  account?: string
  source?: string
  since?: string
  watch?: boolean
  json?: boolean
}

const ROOM = '/api/collector'
const LOOK_EVERY_MS = 500
const WATCH_EVERY_MS = 60_000

const verbs: Verbs = (program, connect) => {
  program
    .command('collect')
    .description('pulls videos, their numbers, comments and the hot list now, and shows how far it is')
    .option('--account <id>', 'one account only: our id or its open id')
    .option('--source <names>', `some of ${SOURCES.join(', ')}, separated by commas`)
    .option('--since <date>', 'read again back to this day or time, whatever is known already')
    .option('--watch', 'when it is done, begin again a minute later, until Ctrl-C')
    .option('--json', 'one JSON object for each finished run')
    .action(async (options: CollectOptions) => {
      const ask = askOf(options)
      const api = await connect()
      try {
        let isFirst = true
        do {
          if (!isFirst) await wait(WATCH_EVERY_MS)
          isFirst = false
          const isGood = await collectOnce(api, ask, options.json === true)
          if (!isGood && !options.watch) process.exitCode = 1
        } while (options.watch)
      } finally {
        await api.close()
      }
    })

  program
    .command('export')
    .description('writes all collected rows, oldest first')
    .argument('<what>', EXPORTS.join(', '))
    .option('--format <format>', 'ndjson or csv', 'ndjson')
    .option('--out <file>', 'where to; otherwise to standard output')
    .option('--json', 'when done, one JSON object that says how much was written (with --out)')
    .action(async (what: string, { format, out, json }: { format: string; out?: string; json?: boolean }) => {
      checkChoice('what', what, EXPORTS)
      checkChoice('--format', format, ['ndjson', 'csv'])
      const api = await connect()
      try {
        const lines = await write(api.lines(`${ROOM}/export/${what as ExportName}`, { format }), out)
        const rows = format === 'csv' ? Math.max(0, lines - 1) : lines
        if (out && json)
          console.log(JSON.stringify({ what, format, out, [format === 'csv' ? 'lines' : 'rows']: rows }))
        else if (out) console.error(`${rows} ${format === 'csv' ? 'lines' : 'rows'} in ${out}`)
      } finally {
        await api.close()
      }
    })
}

export default verbs

function askOf({ account, source, since }: CollectOptions) {
  const sources = source
    ?.split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  for (const name of sources ?? []) checkChoice('--source', name, SOURCES)
  const sinceMs =
    since === undefined
      ? undefined
      : Date.parse(/^\d{4}-\d\d-\d\d$/.test(since) ? `${since}T00:00:00+08:00` : since)
  if (Number.isNaN(sinceMs))
    throw fault('invalid', 'collector/bad-date', `"${since}" is no date`, { cure: 'Write it as 2026-01-31.' })
  return {
    ...(account ? { accountId: account } : {}),
    ...(sources ? { sources: sources as SourceName[] } : {}),
    ...(sinceMs === undefined ? {} : { since: sinceMs }),
  }
}

/** True when no run of it failed. */
async function collectOnce(api: Api, ask: object, isJson: boolean): Promise<boolean> {
  const { runIds } = await api.post<{ runIds: string[] }>(`${ROOM}/runs`, ask)
  if (runIds.length === 0) {
    throw fault('missing', 'collector/no-account', 'There is no account to collect', {
      cure: 'Add one: `doubloon accounts add`.',
    })
  }
  const bar = progressBar(process.stderr)
  const ended = new Map<string, RunView>()
  const look = async (): Promise<RunView[]> => {
    const waiting = runIds.filter((id) => !ended.has(id))
    const fresh = await Promise.all(waiting.map((id) => api.get<RunView>(`${ROOM}/runs/${id}`)))
    for (const run of fresh) if (run.state === 'done' || run.state === 'failed') ended.set(run.runId, run)
    return [...ended.values(), ...fresh.filter((run) => !ended.has(run.runId))]
  }
  for (;;) {
    const all = await look()
    bar.show(together(all))
    if (ended.size === runIds.length) break
    await wait(LOOK_EVERY_MS)
  }
  bar.clear()
  for (const run of ended.values()) {
    if (isJson) console.log(JSON.stringify(run))
    else printRun(run)
  }
  return [...ended.values()].every((run) => run.state === 'done')
}

/** All runs as one bar. As long as one of them does not know its end, nobody knows the whole. */
function together(all: readonly RunView[]) {
  const sum = (of: (run: RunView) => number) => all.reduce((total, run) => total + of(run), 0)
  const isKnown = all.every(
    (run) => run.progress.total !== null || run.state === 'done' || run.state === 'failed',
  )
  return {
    done: sum((run) => run.progress.done),
    total: isKnown ? sum((run) => Math.max(run.progress.total ?? 0, run.progress.done)) : null,
    note: `${sum((run) => run.rowsNew)} new`,
  }
}

function printRun(run: RunView): void {
  const took =
    run.endedAtMs === null || run.startedAtMs === null
      ? ''
      : ` in ${duration((run.endedAtMs - run.startedAtMs) / 1000)}`
  const name = run.nickname || run.accountId
  console.log(
    `${run.state === 'done' ? 'done  ' : 'FAILED'}  ${name}: ${run.rowsNew} new, ${run.rowsChanged} changed, ${run.rowsSame} as before, ${run.pages} pages${took}`,
  )
  for (const failure of run.failures) {
    const where = failure.itemId ? `${failure.source} of ${failure.itemId}` : failure.source
    console.log(
      `        ${where}: ${failure.message} (${failure.code}${failure.logId ? `, log id ${failure.logId}` : ''})`,
    )
  }
}

/** Writes line by line as fast as the reader takes them; answers with their number. */
async function write(lines: AsyncIterable<string>, out: string | undefined): Promise<number> {
  const stream = out ? createWriteStream(out) : process.stdout
  let count = 0
  let piece = ''
  const flush = async () => {
    const isFull = !stream.write(piece)
    piece = ''
    if (isFull) await once(stream, 'drain')
  }
  for await (const line of lines) {
    count++
    piece += `${line}\n`
    if (piece.length > 65_536) await flush()
  }
  await flush()
  if (out) {
    stream.end()
    await once(stream, 'finish')
  }
  return count
}

function checkChoice(what: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return
  throw fault(
    'invalid',
    'collector/bad-option',
    `${what} must be one of ${choices.join(', ')}, not "${value}"`,
  )
}
