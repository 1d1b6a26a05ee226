import type { Language } from './words.ts'

/**
 * How values are written. Pure: same input, same text, in any browser and any time zone.
 * Times are UTC milliseconds and shown in Asia/Shanghai; money is integer fen; ids are strings.
 * A missing value (null, undefined, NaN) is `—`; zero is `0`.
 */
export const missing = '—'
export const zone = 'Asia/Shanghai'

type Maybe<T> = T | null | undefined
const absent = (value: unknown) => value === null || value === undefined || Number.isNaN(value)
const locale = (language: Language) => (language === 'zh' ? 'zh-CN' : 'en-US')
const pad = (value: number) => String(value).padStart(2, '0')

// Shanghai has had no daylight saving since 1991, so a fixed offset is exact and needs no locale tricks.
const offsetMs = 8 * 3_600_000
const dayMs = 24 * 3_600_000
const shanghai = (ms: number) => new Date(ms + offsetMs).toISOString()

/** `2026-11-22 19:03:05` */
export const time = (ms: Maybe<number>) =>
  absent(ms) ? missing : shanghai(ms!).slice(0, 19).replace('T', ' ')
/** `2026-11-22` */
export const day = (ms: Maybe<number>) => (absent(ms) ? missing : shanghai(ms!).slice(0, 10))
/** The Shanghai day that holds `ms`, as [from, to). */
export function dayBounds(ms: number) {
  const from = Math.floor((ms + offsetMs) / dayMs) * dayMs - offsetMs
  return { from, to: from + dayMs }
}
/** Midnight in Shanghai of `2026-11-22`, or undefined if the text is no date. */
export function dayStart(text: string): number | undefined {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00+08:00`) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}
/** Shown beside times where the reader's clock is not Shanghai's. */
export const zoneTag = (reader: string, language: Language) =>
  reader === zone || reader === 'PRC' || reader === 'Asia/Chongqing'
    ? ''
    : language === 'zh'
      ? '北京时间'
      : 'Beijing time'

/** `刚刚`, `3 分钟前`, `5 小时前`, then `11-20 09:15`, over a year with the year. A time to come reads `3 分钟后`. */
export function ago(ms: Maybe<number>, nowMs: number, language: Language): string {
  if (absent(ms)) return missing
  const away = Math.abs(nowMs - ms!)
  const zh = language === 'zh'
  if (away < 60_000) return zh ? (ms! > nowMs ? '即将' : '刚刚') : ms! > nowMs ? 'soon' : 'just now'
  if (away < dayMs) {
    const hours = away >= 3_600_000
    const count = Math.floor(away / (hours ? 3_600_000 : 60_000))
    if (zh) return `${count} ${hours ? '小时' : '分钟'}${ms! > nowMs ? '后' : '前'}`
    const text = `${count} ${hours ? 'h' : 'min'}`
    return ms! > nowMs ? `in ${text}` : `${text} ago`
  }
  const text = time(ms)
  return away >= 365 * dayMs ? text.slice(0, 16) : text.slice(5, 16)
}

/** `45秒`, `5分 27秒`, `1小时 02分`, `3天 4小时` */
export function duration(seconds: Maybe<number>, language: Language): string {
  if (absent(seconds)) return missing
  const s = Math.max(0, Math.round(seconds!))
  const u = language === 'zh' ? ['天', '小时', '分', '秒'] : ['d', 'h', 'm', 's']
  if (s < 60) return `${s}${u[3]}`
  if (s < 3600) return `${Math.floor(s / 60)}${u[2]} ${pad(s % 60)}${u[3]}`
  if (s < 86_400) return `${Math.floor(s / 3600)}${u[1]} ${pad(Math.floor((s % 3600) / 60))}${u[2]}`
  return `${Math.floor(s / 86_400)}${u[0]} ${Math.floor((s % 86_400) / 3600)}${u[1]}`
}
/** `05:27`, `1:02:03` */
export function mediaTime(seconds: Maybe<number>): string {
  if (absent(seconds)) return missing
  const s = Math.floor(seconds!)
  const rest = `${pad(Math.floor((s % 3600) / 60))}:${pad(s % 60)}`
  return s >= 3600 ? `${Math.floor(s / 3600)}:${rest}` : rest
}
/** `128 ms`, `0.4 ms`, `2.4 s` */
export function latency(ms: Maybe<number>): string {
  if (absent(ms)) return missing
  if (ms! >= 1000) return `${(ms! / 1000).toFixed(1)} s`
  return `${ms! < 1 ? ms!.toFixed(1) : Math.round(ms!)} ms`
}
/** `约 6 分钟`; unknown `正在估算` */
export function timeLeft(seconds: Maybe<number>, language: Language): string {
  const zh = language === 'zh'
  if (absent(seconds)) return zh ? '正在估算' : 'estimating'
  if (seconds! < 60) return zh ? '不到 1 分钟' : 'under 1 min'
  if (seconds! < 3600) {
    const minutes = Math.round(seconds! / 60)
    return zh ? `约 ${minutes} 分钟` : `about ${minutes} min`
  }
  return zh ? `约 ${duration(seconds, language)}` : `about ${duration(seconds, language)}`
}

/** Integer fen in, `¥1,284,567.89` out, without a float on the way; `-¥12.00` when negative. */
export function money(fen: Maybe<number | bigint>, currency = 'CNY'): string {
  if (absent(fen)) return missing
  const amount = BigInt(fen!)
  const cents = amount < 0n ? -amount : amount
  const text = `${(cents / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ',')}.${pad(Number(cents % 100n))}`
  return `${amount < 0n ? '-' : ''}${currency === 'CNY' ? '¥' : `${currency} `}${text}`
}
/** Price of one call: integer 1/10000 yuan in, `¥0.0080/次` out. */
export function microPrice(bp: Maybe<number>, language: Language): string {
  if (absent(bp)) return missing
  const text = `¥${Math.floor(bp! / 10_000)}.${String(bp! % 10_000).padStart(4, '0')}`
  return `${text}${language === 'zh' ? '/次' : '/call'}`
}

/** `1,284,567`; up to two decimals. */
export const num = (value: Maybe<number>) =>
  absent(value) ? missing : new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 }).format(value!)
/** `1.3亿`, `130M`; for tiles and axes only. */
export const compact = (value: Maybe<number>, language: Language) =>
  absent(value)
    ? missing
    : new Intl.NumberFormat(locale(language), { notation: 'compact', maximumFractionDigits: 1 }).format(
        value!,
      )

/** A ratio: `0.5%` as `0.50%`, `12.4%`, `140%`. */
export function percent(ratio: Maybe<number>): string {
  if (absent(ratio) || !Number.isFinite(ratio)) return missing
  const value = ratio! * 100
  const size = Math.abs(value)
  return `${value.toFixed(size === 0 || size >= 100 ? 0 : size < 1 ? 2 : 1)}%`
}
/** A difference of two ratios: `+2.1 个百分点`. */
export function points(difference: Maybe<number>, language: Language): string {
  if (absent(difference)) return missing
  const value = difference! * 100
  return `${value > 0 ? '+' : ''}${value.toFixed(1)} ${language === 'zh' ? '个百分点' : 'pp'}`
}
/** `↑ 12.4% 较前一日`; no base means `—`. The sign says the direction, never the colour. */
export function change(
  now: Maybe<number>,
  before: Maybe<number>,
  language: Language,
  against?: string,
): string {
  if (absent(now) || absent(before) || before === 0) return missing
  const ratio = (now! - before!) / Math.abs(before!)
  const tail = against ?? (language === 'zh' ? '较前一日' : 'vs the day before')
  if (ratio === 0) return `${language === 'zh' ? '持平' : 'unchanged'} ${tail}`
  return `${ratio > 0 ? '↑' : '↓'} ${percent(Math.abs(ratio))} ${tail}`
}

/** `69100…7919` for long ids; short ones stay whole. */
export const shortId = (id: Maybe<string>) =>
  absent(id) || id === '' ? missing : id!.length > 14 ? `${id!.slice(0, 5)}…${id!.slice(-4)}` : id!
/** Search by the whole id or by its tail of four or more. */
export const matchesId = (id: string, typed: string) =>
  id === typed || (typed.length >= 4 && id.endsWith(typed))

/** `张*`, `欧阳` is not guessed: the first character stays. */
export const maskName = (name: Maybe<string>) => (absent(name) || name === '' ? missing : `${[...name!][0]}*`)
/** `138****1402` */
export const maskPhone = (phone: Maybe<string>) =>
  absent(phone) || phone === ''
    ? missing
    : phone!.replace(/^(\+?\d{1,3}[ -])?(\d{3})\d+(\d{4})$/, '$1$2****$3')
/** Address to district: `广东省深圳市南山区`. */
export const maskAddress = (address: Maybe<string>) =>
  absent(address) || address === ''
    ? missing
    : (/^.*?(?:区|县|旗|(?<=市.*)市)/.exec(address!)?.[0] ?? missing)

/** Diamonds are never turned into yuan. */
export const diamonds = (count: Maybe<number>, language: Language) =>
  absent(count) ? missing : `${num(count)} ${language === 'zh' ? '钻石' : 'diamonds'}`
