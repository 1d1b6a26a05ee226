import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { assFile } from './ass.ts'
import { readCues } from './cues.ts'
import { captionsOf } from './layout.ts'
import { broken, pieces, widthOf } from './line-break.ts'
import { lineWidth, styleFor } from './style.ts'
import { decoded } from './text.ts'
import { onTimeline } from './timeline.ts'

const data = join(import.meta.dirname, '../../../../../shared/data/subtitles')
const skip = existsSync(data) ? false : 'no shared/data/subtitles here'
const read = (name: string) => readCues(decoded(readFileSync(join(data, name))).text)

test('UTF-8 with a mark, UTF-16 and GBK become the same text', () => {
  const gbk = Buffer.from([0xb4, 0xba, 0xbd, 0xda, 0xc0, 0xf1, 0xba, 0xd0])
  assert.deepEqual(decoded(gbk), { text: '春节礼盒', encoding: 'gb18030' })
  assert.equal(decoded(Buffer.from('\ufeff春节\r\n礼盒\r', 'utf8')).text, '春节\n礼盒\n')
  assert.equal(decoded(Buffer.from('\ufeff春节', 'utf16le')).text, '春节')
})

test('SubRip as it is found: no blank lines, CRLF, tags, a number as text, times that make no sense', () => {
  const text = [
    '1\n00:00:01,000 --> 00:00:02,500\n<i>你好</i>\n2',
    '00:00:03.000 --> 00:00:04.000 X1:10\n42\n{\\an8}世界',
    '\n3\n00:00:09,000 --> 00:00:08,000\n反了',
    '\n4\n00:00:10,0 --> 0:11,5\n好 &amp; 坏\n',
  ].join('\n')
  const { cues, skipped } = readCues(text)
  assert.deepEqual(cues, [
    { startMs: 1000, endMs: 2500, lines: ['你好'] },
    { startMs: 3000, endMs: 4000, lines: ['42', '世界'] },
    { startMs: 10_000, endMs: 11_500, lines: ['好 & 坏'] },
  ])
  assert.deepEqual(skipped, [{ line: 10, why: 'it ends before it begins' }])
})

test('WebVTT and ASS: notes, settings, fields in another order, drawings and doubles left out', () => {
  const vtt = 'WEBVTT\n\nNOTE nothing\n\nintro\n00:01.000 --> 00:02.000 align:start\n<v 张三>你好</v>\n'
  assert.deepEqual(readCues(vtt).cues, [{ startMs: 1000, endMs: 2000, lines: ['你好'] }])
  const ass = [
    '[Script Info]',
    '[Events]',
    'Format: Start, End, Style, Text',
    'Dialogue: 0:00:01.00,0:00:02.50,Default,{\\pos(1,2)}你好, 世界\\N{\\fs40}Hello',
    'Dialogue: 0:00:01.00,0:00:02.50,Shadow,你好, 世界\\NHello',
    'Dialogue: 0:00:01.00,0:00:02.50,Shape,{\\p1}m 0 0 l 10 10{\\p0}',
    'Comment: 0:00:01.00,0:00:02.50,Default,not shown',
  ].join('\n')
  assert.deepEqual(readCues(ass).cues, [{ startMs: 1000, endMs: 2500, lines: ['你好, 世界', 'Hello'] }])
  assert.throws(() => readCues('just text'), { code: 'clips/subtitles' })
})

test('real files: every cue is read and fits two lines', { skip }, () => {
  const files = {
    'everyday_astronaut_CUfOnwSLWxY.zh-en.srt': 500,
    'esa_Ag6jpXIUUaQ.zh-en.ass': 20,
    'nasa_y-sA3R4MWjA.zh-en.ass': 20,
    'sintel.en.srt': 26,
  }
  const size = { width: 720, height: 1280 }
  const width = lineWidth(size, styleFor(size))
  for (const [name, least] of Object.entries(files)) {
    const { cues, skipped } = read(name)
    assert.ok(cues.length >= least, `${name}: ${cues.length}`)
    assert.deepEqual(skipped, [])
    for (const { lines, startMs, endMs } of captionsOf(cues, width)) {
      assert.ok(lines.length <= 2 && endMs >= startMs)
      for (const line of lines) assert.ok(widthOf(line) <= width + 1e-6, line)
    }
  }
  assert.equal(read('sintel.en.srt').cues.length, 26)
})

test('a line never begins with a closing mark nor ends with an opening one, and words stay whole', () => {
  assert.deepEqual(pieces('火箭，仅￥199！'), ['火箭，', '仅', '￥199！'])
  const lines = broken('今天的直播间福利是春节限定礼盒，原价￥299，现在只要￥199，数量有限！', 12)
  for (const line of lines) {
    assert.ok(widthOf(line) <= 12)
    assert.doesNotMatch(line, /^[，。！、]/)
    assert.doesNotMatch(line, /[￥（《]$/)
  }
  assert.deepEqual(broken('the quick brown fox', 6), ['the quick', 'brown fox'])
  const longest = Math.max(...lines.map(widthOf))
  const shortest = Math.min(...lines.map(widthOf))
  assert.ok(shortest > longest / 2, 'about equal lengths')
})

test('nothing is lost by breaking, whatever the text', () => {
  const char = fc.constantFrom(...'春节礼盒今日特惠，。！？（）《》￥abc XYZ 123-', '龘', '😀')
  fc.assert(
    fc.property(fc.array(char, { maxLength: 60 }), fc.integer({ min: 4, max: 30 }), (chars, width) => {
      const text = chars.join('')
      const lines = broken(text, width)
      assert.equal(lines.join('').replace(/\s/g, ''), text.replace(/\s/g, ''))
      for (const line of lines)
        assert.ok(widthOf(line) <= width + 1e-6 || [...line].length === 1, `"${line}"`)
    }),
  )
})

test('a long cue is shared out over its time; two languages go on together', () => {
  const long = { startMs: 0, endMs: 10_000, lines: ['的'.repeat(60)] }
  const captions = captionsOf([long], 15)
  assert.deepEqual(
    captions.map(({ lines }) => lines.length),
    [2, 2],
  )
  assert.deepEqual(
    captions.map(({ startMs, endMs }) => [startMs, endMs]),
    [
      [0, 5000],
      [5000, 10_000],
    ],
  )
  const both = {
    startMs: 0,
    endMs: 8000,
    lines: ['火箭的第一级会在海上的平台着陆', 'The first stage of the rocket lands at sea on a platform'],
  }
  const pages = captionsOf([both], 14)
  assert.ok(pages.length > 1)
  for (const { lines } of pages) assert.equal(lines.length, 2)
  assert.equal(pages.map(({ lines }) => lines[0]).join(''), both.lines[0])
})

test('overlapping cues follow each other, equal ones stand together, those past the end go', () => {
  const cues = [
    { startMs: 0, endMs: 3000, lines: ['一'] },
    { startMs: 2000, endMs: 4000, lines: ['二'] },
    { startMs: 2000, endMs: 4000, lines: ['三'] },
    { startMs: 9000, endMs: 12_000, lines: ['四'] },
    { startMs: 11_000, endMs: 12_000, lines: ['五'] },
  ]
  const { cues: got, notes } = onTimeline(cues, [{ fromSeconds: 0, toSeconds: 10 }])
  assert.deepEqual(got, [
    { startMs: 0, endMs: 2000, lines: ['一'] },
    { startMs: 2000, endMs: 4000, lines: ['二', '三'] },
    { startMs: 9000, endMs: 10_000, lines: ['四'] },
  ])
  assert.deepEqual(notes, { overlapping: 2, outside: 1, shortened: 1 })
})

test('cues follow the cut: shifted, and carried over what was taken out', () => {
  const segments = [
    { fromSeconds: 10, toSeconds: 12 },
    { fromSeconds: 20, toSeconds: 22 },
  ]
  const cues = [
    { startMs: 11_000, endMs: 21_000, lines: ['过'] },
    { startMs: 15_000, endMs: 16_000, lines: ['无'] },
  ]
  assert.deepEqual(onTimeline(cues, segments).cues, [{ startMs: 1000, endMs: 3000, lines: ['过'] }])
  assert.deepEqual(onTimeline(cues, segments, -500).cues, [{ startMs: 500, endMs: 2500, lines: ['过'] }])
})

test('24 px at 720x1280, scaled with the frame; the bottom tenth stays free even against the wish', () => {
  assert.equal(styleFor({ width: 720, height: 1280 }).fontPx, 24)
  assert.equal(styleFor({ width: 1080, height: 1920 }).fontPx, 36)
  assert.equal(styleFor({ width: 1920, height: 1080 }).fontPx, 36)
  assert.equal(styleFor({ width: 720, height: 1280 }, { bottomPercent: 3 }).bottomPx, 128)
})

test('the file that libass gets: our sizes, colours turned round, nothing in the words is a command', () => {
  const size = { width: 720, height: 1280 }
  const style = styleFor(size, { colour: 'FFCC00' })
  const captions = [{ startMs: 1234, endMs: 3_723_450, lines: ['{\\b1}一\\N二', '三'] }]
  const text = assFile({ size, family: 'Noto Sans SC', style, captions })
  assert.match(text, /Style: Sub,Noto Sans SC,34\.75,&H0000CCFF,/)
  assert.match(text, /Dialogue: 0,0:00:01\.23,1:02:03\.45,Sub,,0,0,0,,\\\{＼b1\\\}一＼N二\\N三\n/)
})

test('10,000 cues take no time worth naming', () => {
  const text = Array.from({ length: 10_000 }, (_, i) => {
    const at = (s: number) => new Date(s * 1000).toISOString().slice(11, 23).replace('.', ',')
    return `${i + 1}\n${at(i)} --> ${at(i + 1)}\n第${i}句：今天的直播间福利是春节限定礼盒，数量有限\n`
  }).join('\n')
  const { cues } = readCues(text)
  assert.equal(cues.length, 10_000)
  assert.equal(captionsOf(onTimeline(cues, [{ fromSeconds: 0, toSeconds: 10_000 }]).cues, 21).length, 10_000)
})
