import { stampede } from './stampede.fixture.ts'

const PROCESSES = 4
const CALLERS = 1_250
const ROUNDS = 3

/** Callers of several processes at the instant of expiry: how often the platform is asked, and how long they wait. */
export default {
  name: 'refresh',
  async run(): Promise<void> {
    console.log(`${PROCESSES} processes x ${CALLERS} callers\n`)
    console.log('round   upstream refreshes   served   failed   last one served after')
    for (let round = 1; round <= ROUNDS; round++) {
      const { reports, upstream, slowestMs } = await stampede(PROCESSES, CALLERS)
      const served = reports.reduce((sum, report) => sum + report.ok, 0)
      const failed = reports.reduce((sum, report) => sum + report.failed.length, 0)
      const cells = [
        `${round}`.padEnd(8),
        `${upstream}`.padEnd(21),
        `${served}`.padEnd(9),
        `${failed}`.padEnd(9),
      ]
      console.log(`${cells.join('')}${slowestMs} ms`)
      if (upstream !== 1 || failed > 0) throw new Error('more than one refresh, or somebody failed')
    }
  },
}
