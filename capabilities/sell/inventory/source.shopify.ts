import type { Shopify, ShopifyCredentials } from '#engines/shopify/shopify.ts'
import type { StockSource } from './source.ts'

export const shopifySource = (shopify: Shopify): StockSource => ({
  credentials: ['shop', 'accessToken'],
  page: ({ credentials }, cursor, signal) =>
    shopify.listStock(credentials as unknown as ShopifyCredentials, cursor, { signal }),
})
