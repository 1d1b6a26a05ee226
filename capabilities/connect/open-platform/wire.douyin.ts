import type { DouyinWire } from '#engines/douyin/douyin.ts'

/** The platform's protocol is the port: there is one wire, and a sandbox that speaks it. */
export type { Answer, App, DouyinWire as Wire, Refusal, Tokens } from '#engines/douyin/douyin.ts'
export type { Webhook } from '#engines/douyin/webhook.ts'

export const wireAdapter = (wire: DouyinWire): DouyinWire => wire
