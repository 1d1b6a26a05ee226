import type { Taobao, TaobaoCredentials } from '#engines/taobao/taobao.ts'
import type { StockSource } from './source.ts'

export const taobaoSource = (taobao: Taobao): StockSource => ({
  credentials: ['appKey', 'appSecret', 'session'],
  page: ({ credentials }, cursor, signal) =>
    taobao.listStock(credentials as unknown as TaobaoCredentials, cursor, { signal }),
})
