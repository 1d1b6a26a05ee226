import type { Clock } from '#sandbox/clock.ts'
import type { Quotas } from '#sandbox/quotas.ts'
import type { World } from '#sandbox/world.ts'
import type { Drift } from './envelope.ts'
import type { Grants } from './grants.ts'
import type { WebhookEvent } from './webhooks.ts'

/** What every endpoint of the vendor's platform works with. */
export type Platform = {
  seed: number
  clientKey: string
  clientSecret: string
  /** What the app may ask for and use. */
  appScopes: string[]
  /** Registered callback domains; empty = any. */
  redirectDomains: string[]
  clock: Clock
  world: World
  grants: Grants
  quotas: Quotas
  drift: Drift
  tell(event: WebhookEvent): void
}

export const allScopes = [
  'user_info',
  'video.list',
  'video.list.bind',
  'video.data',
  'video.data.bind',
  'item.comment',
  'ma.item.comment',
  'fans.data.bind',
  'data.external.item',
  'hotsearch',
  'im.direct_message',
  'user.intention',
  'aweme.forward',
]
