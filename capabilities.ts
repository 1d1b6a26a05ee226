import type { Capability } from '#kernel/capability.ts'
import collector from './capabilities/connect/collector/index.ts'
import openPlatform from './capabilities/connect/open-platform/index.ts'
import clips from './capabilities/create/clips/index.ts'
import mediaMetadata from './capabilities/create/media-metadata/index.ts'
import flashSale from './capabilities/sell/flash-sale/index.ts'
import inventory from './capabilities/sell/inventory/index.ts'
import orderSync from './capabilities/sell/order-sync/index.ts'

/** The platform: one line per room, in the order of the business. */
export const capabilities: readonly Capability[] = [
  // connect
  openPlatform,
  collector,
  // create
  mediaMetadata,
  clips,
  // sell
  orderSync,
  inventory,
  flashSale,
]
