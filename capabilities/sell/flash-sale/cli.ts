import { setTimeout as wait } from 'node:timers/promises'
import type { Api } from '#kernel/api.ts'
import type { Verbs } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'
import type { RehearsalReport } from './rehearsal.ts'

interface RehearseOptions {
  stock: number
  buyers: number
  store?: string
  json?: boolean
}

const ROOM = '/api/flash-sale'
const PATIENCE_MS = 120_000

const verbs: Verbs = (program, connect) => {
  const sales = program.command('flash-sale').description('flash sales: rehearse one, see how it adds up')
  sales
    .command('rehearse')
    .description('a bounded load against a sale made for it; every buyer wants one unit, some click twice')
    .option('--stock <units>', 'units on sale', count('--stock'), 1_000)
    .option('--buyers <buyers>', 'how many want one', count('--buyers'), 50_000)
    .option('--store <engine>', 'postgres or redis (with REDIS_URL); default: what the settings say', engine)
    .option('--json', 'the report as JSON')
    .action(async (options: RehearseOptions) => {
      const api = await connect(options.store ? { FLASH_SALE_STORE: options.store } : {})
      const report = await rehearse(api, options).finally(() => api.close())
      console.log(options.json ? JSON.stringify(report, null, 2) : asText(report))
      if (!report.isExact) process.exitCode = 1
    })
}

export default verbs

/** Refused here, before a platform is opened for it; how much is too much the platform says. */
const count = (option: string) => (text: string) => {
  const n = Number(text)
  if (Number.isSafeInteger(n) && n >= 1) return n
  throw bad(`${option} must be a whole number from 1, and is "${text}"`)
}

function engine(text: string): string {
  if (text === 'postgres' || text === 'redis') return text
  throw bad(`--store must be postgres or redis, and is "${text}"`)
}

const bad = (says: string) => fault('invalid', 'flash-sale/invalid', says)

async function rehearse(api: Api, { stock, buyers, store }: RehearseOptions): Promise<RehearsalReport> {
  const { store: picked } = await api.get<{ store: string }>(`${ROOM}/summary`)
  if (store && store !== picked) {
    throw fault('conflict', 'flash-sale/other-store', `The running platform keeps its sales in ${picked}`, {
      cure: `Start it with FLASH_SALE_STORE=${store}, or stop it: the command then opens one of its own.`,
    })
  }
  const { saleId } = await api.post<{ saleId: string }>(`${ROOM}/rehearsals`, {
    stock,
    buyers,
  })
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += 200) {
    const report = await api.get<RehearsalReport>(`${ROOM}/rehearsals/${saleId}`)
    if (report.state === 'done') return report
    if (report.state === 'failed') break
    await wait(200)
  }
  throw fault('unavailable', 'flash-sale/rehearsal', 'The rehearsal did not end well; the log has the reason')
}

function asText(report: RehearsalReport): string {
  const { buyers, requests, seconds, perSecond, p50Ms, p99Ms, p999Ms, answers, ledger, faults } = report
  return [
    `${buyers} buyers, ${requests} requests in ${seconds} s: ${perSecond} a second`,
    `latency    p50 ${p50Ms} ms   p99 ${p99Ms} ms   p99.9 ${p999Ms} ms`,
    `answers    ${pairs(answers)}`,
    ...(Object.keys(faults).length > 0 ? [`faults     ${pairs(faults)}`] : []),
    ...ledger.map(
      ({ sku, stock, free, held, sold }) =>
        `ledger     ${sku}: ${stock} = ${free} free + ${held} held + ${sold} sold`,
    ),
    report.isExact
      ? 'exact: every unit is accounted for, and nobody was told two things'
      : 'NOT EXACT: see the answers above',
  ].join('\n')
}

const pairs = (counts: Record<string, number>) =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join('   ')
