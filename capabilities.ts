import type { Capability } from '#kernel/capability.ts'
import collector from './capabilities/connect/collector/index.ts'
import openPlatform from './capabilities/connect/open-platform/index.ts'
import flashSale from './capabilities/sell/flash-sale/index.ts'

/** The platform: one line per room, in the order of the business. */
export const capabilities: readonly Capability[] = [
  // connect
  openPlatform,
  collector,
  // sell
  flashSale,
]
