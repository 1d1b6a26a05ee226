import type { WebhookSender } from '#engines/webhook/webhook.ts'
import type { Couriers } from './courier.ts'

const TIMEOUT_MS = 15_000

export const webhookCouriers =
  (sender: WebhookSender): Couriers =>
  (privateTargets) => ({
    bring: ({ url, headers, body, signal }) =>
      sender.post({ url, headers, body, signal, timeoutMs: TIMEOUT_MS, privateTargets }),
  })
