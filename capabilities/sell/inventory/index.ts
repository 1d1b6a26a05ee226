import { capability } from '#kernel/capability.ts'
import { choice, integer } from '#kernel/settings.ts'
import { postgresBooks } from './books.postgres.ts'
import { postgresCatalogue } from './catalogue.postgres.ts'
import { orderConsumer } from './consumer.ts'
import { judgement } from './judgement.ts'
import type { Language } from './markup.ts'
import { overviewOf } from './overview.ts'
import { postgresReports } from './reports.postgres.ts'
import { routes } from './routes.ts'
import { postgresShops } from './shops.postgres.ts'
import { doudianSource } from './source.doudian.ts'
import { pddSource } from './source.pdd.ts'
import { shopifySource } from './source.shopify.ts'
import { taobaoSource } from './source.taobao.ts'
import { postgresVerdicts } from './verdicts.postgres.ts'
import { work } from './worker.ts'

export default capability({
  name: 'inventory',
  at: import.meta.url,
  settings: {
    serviceLevelPercent: integer({
      default: 95,
      min: 50,
      max: 99,
      says: 'Share of order cycles that shall pass without a stock-out, where a SKU, shop or workspace says nothing else.',
    }),
    leadDays: integer({
      default: 7,
      min: 0,
      max: 180,
      says: 'Days from an order at the supplier to its arrival, where nothing else is said.',
    }),
    pullLeastSeconds: integer({
      default: 120,
      min: 10,
      max: 86_400,
      says: 'A shop whose numbers surprise is read again after so many seconds at the earliest.',
    }),
    pullMostSeconds: integer({
      default: 3_600,
      min: 60,
      max: 86_400,
      says: 'A quiet shop is read again after so many seconds at the latest.',
    }),
    shopsAtOnce: integer({ default: 2, min: 1, max: 16, says: 'Shops that one process reads at once.' }),
    keepMovementsDays: integer({
      default: 180,
      min: 7,
      max: 3_650,
      says: 'Movements of stock are kept this long.',
    }),
    language: choice<Language>(['zh', 'en'], { says: 'The language of mails and reports.' }),
  },
  ports: {
    books: { postgres: postgresBooks },
    shops: { postgres: postgresShops },
    verdicts: { postgres: postgresVerdicts },
    catalogue: { postgres: postgresCatalogue },
    reports: { postgres: postgresReports },
    shopifyStock: { shopify: shopifySource },
    taobaoStock: { taobao: taobaoSource },
    pddStock: { pdd: pddSource },
  },
  needs: ['doudian'],
  cli: () => import('./cli.ts'),
  sandbox: () => import('./sandbox.ts'),
  open({ books, shops, verdicts, catalogue, reports, shopifyStock, taobaoStock, pddStock, ...context }) {
    const { needs, settings, clock, log, live, mail, jobs, publicUrl } = context
    const sources = {
      doudian: doudianSource(needs.doudian),
      shopify: shopifyStock,
      taobao: taobaoStock,
      pdd: pddStock,
    }
    const judging = judgement({ books, shops, verdicts, live, clock, settings })
    const mailing = { mail, catalogue, reports, shops, clock, publicUrl, settings }
    const pulls = { books, shops, sources, clock, log, settings }
    const working = work({
      books,
      shops,
      doudian: needs.doudian,
      judgement: judging,
      mailing,
      pulls,
      jobs,
      clock,
      settings,
    })
    return {
      routes: routes({ catalogue, books, shops, judgement: judging, sources, mailing, ...working, clock }),
      consumers: [orderConsumer(books)],
      jobs: working.jobs,
      reseal: shops.reseal,
      overview: async (workspaceId) =>
        overviewOf(await catalogue.tally(workspaceId), await shops.list(workspaceId), clock.now()),
    }
  },
})
