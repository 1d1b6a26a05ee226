import type { Pdd, PddCredentials } from '#engines/pdd/pdd.ts'
import type { StockSource } from './source.ts'

export const pddSource = (pdd: Pdd): StockSource => ({
  credentials: ['clientId', 'clientSecret', 'accessToken'],
  page: ({ credentials }, cursor, signal) =>
    pdd.listStock(credentials as unknown as PddCredentials, cursor, { signal }),
})
