import type { Bucket } from './catalogue.ts'
import type { HealthPart } from './health.ts'
import type { Platform, WarningKind } from './inventory.ts'
import type { Language } from './markup.ts'

/** The words of mails and reports, Chinese first. */
const WORDS = {
  title: ['库存健康周报', 'Weekly stock health'],
  score: ['健康分', 'Health score'],
  before: ['上周', 'Last week'],
  outOfStock: ['断货 SKU', 'Out of stock'],
  outWithin7Days: ['7 天内断货', 'Out within 7 days'],
  medianDaysOfCover: ['可售天数(中位数)', 'Days of cover (median)'],
  dead: ['积压金额', 'Dead stock, at cost'],
  deadUnits: ['件', 'units'],
  withoutCost: ['个 SKU 没有成本价', 'SKUs without a cost'],
  sales: ['近 28 天每日销量', 'Units sold a day, last 28 days'],
  byPlatform: ['各平台：按可售天数分布的 SKU', 'By platform: SKUs by days of cover'],
  urgent: ['最该补的货', 'To order first'],
  nothingUrgent: ['没有需要补的货。', 'Nothing needs to be ordered.'],
  deadList: ['90 天没有卖出', 'Not sold for 90 days'],
  spikes: ['销量突增', 'Sudden demand'],
  none: ['没有。', 'None.'],
  sku: ['SKU', 'SKU'],
  product: ['商品', 'Product'],
  platform: ['平台', 'Platform'],
  shop: ['店铺', 'Shop'],
  available: ['可用', 'Available'],
  inTransit: ['在途', 'In transit'],
  perDay: ['日销', 'A day'],
  cover: ['可售天数', 'Cover'],
  reorderPoint: ['补货点', 'Reorder at'],
  suggested: ['建议补货', 'Order'],
  skus: ['SKU 数', 'SKUs'],
  days: ['天', 'days'],
  quietDays: ['未售天数', 'Days without a sale'],
  sold: ['近 3 天售出', 'Sold in 3 days'],
  expected: ['预期', 'Expected'],
  openReport: ['打开可打印的报告', 'Open the report for print'],
  openList: ['在控制台查看', 'See them in the console'],
  newWarnings: ['条新的库存预警', 'new stock warnings'],
  formula: [
    '健康分 = 45% 供货 + 25% 动销 + 15% 不压货 + 15% 数据新鲜',
    'Score = 45 % served + 25 % alive + 15 % lean + 15 % fresh',
  ],
} as const satisfies Record<string, readonly [zh: string, en: string]>

export type Word = keyof typeof WORDS
export const say = (word: Word, language: Language): string => WORDS[word][language === 'zh' ? 0 : 1]

const pick = (pair: readonly [string, string], language: Language) => pair[language === 'zh' ? 0 : 1]

const BUCKET_WORDS: Record<Bucket, readonly [string, string]> = {
  out: ['断货', 'Out'],
  week: ['不足 7 天', 'Under 7 days'],
  month: ['7–30 天', '7–30 days'],
  quarter: ['30–90 天', '30–90 days'],
  longer: ['超过 90 天', 'Over 90 days'],
  idle: ['无销量', 'No sales'],
  unknown: ['样本不足', 'Too few days'],
}
export const bucketWord = (bucket: Bucket, language: Language) => pick(BUCKET_WORDS[bucket], language)

const PART_WORDS: Record<HealthPart['key'], readonly [string, string]> = {
  served: ['供货：没有断货风险的销量', 'Served: sales without a stock-out ahead'],
  alive: ['动销：90 天内有销量的库存', 'Alive: units of SKUs sold in 90 days'],
  lean: ['不压货：可售不超过 90 天的 SKU', 'Lean: SKUs with 90 days of cover or less'],
  fresh: ['数据新鲜：按时同步的店铺', 'Fresh: shops pulled in time'],
}
export const partWord = (part: HealthPart['key'], language: Language) => pick(PART_WORDS[part], language)

const PLATFORM_WORDS: Record<Platform, readonly [string, string]> = {
  doudian: ['抖店', 'Doudian'],
  shopify: ['Shopify', 'Shopify'],
  taobao: ['淘宝', 'Taobao'],
  pdd: ['拼多多', 'Pinduoduo'],
  csv: ['手工', 'By hand'],
}
export const platformWord = (platform: string, language: Language) =>
  platform in PLATFORM_WORDS ? pick(PLATFORM_WORDS[platform as Platform], language) : platform

const KIND_WORDS: Record<WarningKind, readonly [string, string]> = {
  'stock-out-ahead': ['即将断货', 'Stock-out ahead'],
  'dead-stock': ['滞销', 'Dead stock'],
  'demand-spike': ['销量突增', 'Sudden demand'],
}
export const kindWord = (kind: WarningKind, language: Language) => pick(KIND_WORDS[kind], language)
