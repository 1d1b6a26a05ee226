import { capability } from '#kernel/capability.ts'
import { hours } from '#kernel/clock.ts'
import { integer, secret, text } from '#kernel/settings.ts'
import { douyinCalls } from './calls.ts'
import { consent } from './consent.ts'
import { postgresInbox } from './inbox.postgres.ts'
import { lanes } from './lanes.ts'
import { postgresLimiter } from './limiter.postgres.ts'
import { redisLimiter } from './limiter.redis.ts'
import { overviewOf } from './overview.ts'
import { postgresQuotas } from './quotas.postgres.ts'
import { routes } from './routes.ts'
import { postgresStore } from './store.postgres.ts'
import { tokenKeeper } from './tokens.ts'
import { wireAdapter } from './wire.douyin.ts'
import { pruneJob, tokenWorker, webhookWorker } from './worker.ts'

const SCOPES =
  'user_info,video.list.bind,video.data.bind,item.comment,fans.data.bind,data.external.item,im.direct_message,user.intention'

export default capability({
  name: 'open-platform',
  at: import.meta.url,
  settings: {
    clientKey: text({ says: "The app's client_key, from the open platform's console." }),
    clientSecret: secret({ says: "The app's client_secret. Also signs the webhooks." }),
    scopes: text({ default: SCOPES, says: 'What an account is asked to grant, separated by commas.' }),
    redirectPath: text({
      default: '/api/open-platform/callback',
      says: "Where the consent page sends people back to, on this platform's public address.",
    }),
    refreshAheadHours: integer({
      default: 24,
      min: 1,
      max: 300,
      says: 'Access tokens are refreshed this long before they end.',
    }),
    renewAheadHours: integer({
      default: 72,
      min: 1,
      max: 600,
      says: 'Refresh tokens are renewed this long before they end.',
    }),
    appCallsPerSecond: integer({
      default: 500,
      min: 1,
      max: 10_000,
      says: 'Calls of the whole app per second, all processes together.',
    }),
    accountCallsPerSecond: integer({
      default: 100,
      min: 1,
      max: 10_000,
      says: 'Calls per second of one account to one endpoint family, all processes together.',
    }),
    webhookKeepDays: integer({ default: 30, min: 1, max: 3_650, says: 'Webhooks are kept this long.' }),
  },
  ports: {
    wire: { douyin: wireAdapter },
    store: { postgres: postgresStore },
    inbox: { postgres: postgresInbox },
    quotas: { postgres: postgresQuotas },
    limiter: { postgres: postgresLimiter, redis: redisLimiter },
  },
  provides: ['douyin'],
  cli: () => import('./cli.ts'),
  sandbox: () => import('./sandbox.ts'),
  async open({ wire, store, inbox, quotas, limiter, clock, log, publicUrl, settings }) {
    const app = { clientKey: settings.clientKey, clientSecret: settings.clientSecret }
    const renewAheadMs = hours(settings.renewAheadHours)
    const refreshAheadMs = hours(settings.refreshAheadHours)
    const tokens = await tokenKeeper({ store, wire, app, clock, log, refreshAheadMs, renewAheadMs })
    const scopes = settings.scopes
      .split(',')
      .map((scope) => scope.trim())
      .filter(Boolean)
    const redirectUri = publicUrl + settings.redirectPath
    const parts = { wire, app, store, inbox, quotas, tokens, clock, renewAheadMs }
    return {
      routes: routes({ ...parts, consent: consent({ wire, app, store, clock, log, scopes, redirectUri }) }),
      workers: [tokenWorker(tokens, clock), webhookWorker(inbox, wire, clock)],
      jobs: [pruneJob(store, inbox, clock, settings.webhookKeepDays)],
      provides: { douyin: douyinCalls({ ...parts, lanes: lanes(limiter, clock), pace: settings }) },
      overview: (workspaceId) => overviewOf(parts, workspaceId),
      reseal: store.reseal,
      async close() {
        tokens.close()
        await inbox.close()
        await quotas.close()
      },
    }
  },
})
