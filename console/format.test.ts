import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as f from './format.ts'

const now = Date.parse('2026-11-22T12:00:00Z') // 20:00 in Shanghai

test('times are Shanghai, whatever the machine', () => {
  assert.equal(f.time(Date.parse('2026-11-22T11:03:05Z')), '2026-11-22 19:03:05')
  assert.equal(f.day(Date.parse('2026-11-22T16:00:00Z')), '2026-11-23')
  assert.deepEqual(f.dayBounds(now), {
    from: Date.parse('2026-11-21T16:00:00Z'),
    to: Date.parse('2026-11-22T16:00:00Z'),
  })
  assert.equal(f.dayStart('2026-11-22'), Date.parse('2026-11-21T16:00:00Z'))
  assert.equal(f.dayStart('22/11/2026'), undefined)
  assert.equal(f.zoneTag('Asia/Shanghai', 'zh'), '')
  assert.equal(f.zoneTag('Europe/Paris', 'zh'), '北京时间')
})

test('relative time changes words at a minute, an hour, a day and a year', () => {
  const at = (ms: number, language: 'zh' | 'en' = 'zh') => f.ago(now - ms, now, language)
  assert.equal(at(59_999), '刚刚')
  assert.equal(at(60_000), '1 分钟前')
  assert.equal(at(3_599_999), '59 分钟前')
  assert.equal(at(3_600_000), '1 小时前')
  assert.equal(at(86_400_000), '11-21 20:00')
  assert.equal(at(366 * 86_400_000), '2025-11-21 20:00')
  assert.equal(at(-180_000), '3 分钟后')
  assert.equal(at(180_000, 'en'), '3 min ago')
  assert.equal(f.ago(null, now, 'zh'), '—')
})

test('durations', () => {
  assert.equal(f.duration(3720, 'zh'), '1小时 02分')
  assert.equal(f.duration(45, 'zh'), '45秒')
  assert.equal(f.duration(273_600, 'en'), '3d 4h')
  assert.equal(f.mediaTime(327), '05:27')
  assert.equal(f.mediaTime(3723), '1:02:03')
  assert.equal(f.latency(128.4), '128 ms')
  assert.equal(f.latency(0.42), '0.4 ms')
  assert.equal(f.latency(2400), '2.4 s')
  assert.equal(f.timeLeft(360, 'zh'), '约 6 分钟')
  assert.equal(f.timeLeft(undefined, 'zh'), '正在估算')
})

test('money is exact beyond the reach of floats', () => {
  assert.equal(f.money(128_456_789), '¥1,284,567.89')
  assert.equal(f.money(-1200), '-¥12.00')
  assert.equal(f.money(-5), '-¥0.05')
  assert.equal(f.money(0), '¥0.00')
  assert.equal(f.money(9_007_199_254_740_993n), '¥90,071,992,547,409.93')
  assert.equal(f.money(1999, 'USD'), 'USD 19.99')
  assert.equal(f.money(null), '—')
  assert.equal(f.microPrice(80, 'zh'), '¥0.0080/次')
  assert.equal(f.microPrice(12_345, 'en'), '¥1.2345/call')
})

test('numbers, percents and changes', () => {
  assert.equal(f.num(1_284_567), '1,284,567')
  assert.equal(f.num(0), '0')
  assert.equal(f.compact(130_000_000, 'zh'), '1.3亿')
  assert.equal(f.compact(130_000_000, 'en'), '130M')
  assert.equal(f.percent(0.1239), '12.4%')
  assert.equal(f.percent(0.0051), '0.51%')
  assert.equal(f.percent(1.4), '140%')
  assert.equal(f.percent(0), '0%')
  assert.equal(f.percent(1 / 0), '—')
  assert.equal(f.points(0.021, 'zh'), '+2.1 个百分点')
  assert.equal(f.change(1124, 1000, 'zh'), '↑ 12.4% 较前一日')
  assert.equal(f.change(900, 1000, 'en'), '↓ 10.0% vs the day before')
  assert.equal(f.change(5, 0, 'zh'), '—')
})

test('ids keep all digits and are found by their tail', () => {
  assert.equal(f.shortId('6910012345678907919'), '69100…7919')
  assert.equal(f.shortId('job-17'), 'job-17')
  assert.equal(f.shortId(''), '—')
  assert.ok(f.matchesId('6910012345678907919', '7919'))
  assert.ok(!f.matchesId('6910012345678907919', '919'))
})

test('people are masked', () => {
  assert.equal(f.maskName('张三丰'), '张*')
  assert.equal(f.maskPhone('13812341402'), '138****1402')
  assert.equal(f.maskPhone('+86 13812341402'), '+86 138****1402')
  assert.equal(f.maskAddress('广东省深圳市南山区科技园 9 号'), '广东省深圳市南山区')
  assert.equal(f.maskAddress('江苏省苏州市昆山市某路 1 号'), '江苏省苏州市昆山市')
  assert.equal(f.maskAddress('somewhere'), '—')
  assert.equal(f.diamonds(1000, 'zh'), '1,000 钻石')
})
