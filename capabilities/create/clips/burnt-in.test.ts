// Subtitles are read back from the finished picture by a program that knows nothing of us.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Studio, studio } from './studio.fixture.ts'

interface Line {
  text: string
  mean: number
  box?: [x: number, y: number][]
}

const videos = join(import.meta.dirname, '../../../../shared/data/videos')
const film = join(videos, 'big_buck_bunny_720p_10s.mp4')
let it: Studio
let read: (png: string) => Promise<Line[]>

before(async () => {
  it = studio()
  const { default: Ocr } = await import('@gutenye/ocr-node')
  const ocr = await Ocr.create()
  read = (png) => ocr.detect(png) as Promise<Line[]>
})
after(() => it.close())

const words = async (clip: string, atSeconds: number) => {
  const png = it.at(`frame-${atSeconds}.png`)
  await it.run('-ss', `${atSeconds}`, '-i', clip, '-frames:v', '1', png)
  return read(png)
}
const plain = (text: string) => text.replace(/[\s,，.。!！¥￥]/g, '')

const SRT = `1
00:00:00,200 --> 00:00:01,200
春节限定礼盒今日特惠￥199

2
00:00:01,200 --> 00:00:02,800
直播间下单还送一对红包袋，数量有限，先到先得

3
00:00:03,000 --> 00:00:04,900
这一句特别长两行也放不下所以要按时间分成几段一段一段地放出来而且左右两边都不能碰到应用自己的按钮和文字的位置
`

test('what the cue says stands on the picture, at its time, above the bottom tenth and clear of the sides', {
  skip: existsSync(film) ? false : 'no shared/data/videos here',
}, async () => {
  it.write('words.srt', `\ufeff${SRT.replaceAll('\n', '\r\n')}`)
  await it.run('-i', film, '-t', '5', '-c', 'copy', it.at('bunny.mp4'))
  const clip = await it.make({
    source: 'bunny.mp4',
    reframe: { to: 'portrait' },
    subtitles: { file: 'words.srt' },
  })
  assert.deepEqual([clip.facts.width, clip.facts.height], [720, 1280])
  assert.deepEqual(
    (await words(clip.path, 0.05)).filter(({ mean }) => mean > 0.8),
    [],
  )
  for (const [at, said] of [
    [0.7, '春节限定礼盒今日特惠199'],
    [2, '直播间下单还送一对红包袋数量有限先到先得'],
    // As wide as it may be: without the margins it would be two lines from edge to edge.
    [3.2, '这一句特别长两行也放不下'],
  ] as const) {
    const lines = await words(clip.path, at)
    const seen = plain(lines.map(({ text }) => text).join(''))
    assert.ok(seen.includes(plain(said)), `at ${at}: ${seen}`)
    for (const { box, text } of lines) {
      const [xs, ys] = [box!.map(([x]) => x), box!.map(([, y]) => y)]
      assert.ok(Math.max(...ys) <= 1280 * 0.9, `${text} reaches down to ${Math.max(...ys)}`)
      assert.ok(Math.min(...xs) >= 720 * 0.12 && Math.max(...xs) <= 720 * 0.88, `${text} spans ${xs}`)
      const height = Math.max(...ys) - Math.min(...ys)
      assert.ok(height > 18 && height < 48, `${text} is ${height} px high`)
    }
  }
})

test('in landscape no pixel of a line lies in the bottom tenth, and GBK is read', async () => {
  await it.run(
    '-f',
    'lavfi',
    '-i',
    'color=0x204020:s=1280x720:r=25:d=1',
    '-pix_fmt',
    'yuv420p',
    it.at('green.mp4'),
  )
  const gbk = Buffer.from([0xcf, 0xe0, 0xbc, 0xfb, 0xba, 0xce, 0xcd, 0xed])
  it.write(
    'gbk.srt',
    Buffer.concat([Buffer.from('1\n00:00:00,000 --> 00:00:01,000\n'), gbk, Buffer.from(' gyp\n')]),
  )
  const clip = await it.make({ source: 'green.mp4', subtitles: { file: 'gbk.srt' } })
  const text = plain((await words(clip.path, 0.5)).map((line) => line.text).join(''))
  assert.match(text, /相见何晚/)
  const size = { width: 1280, height: 720 }
  const pixels = await it.frame(clip.path, 0.5, size)
  const rows = Array.from({ length: 720 }, (_, y) => {
    let bright = false
    for (let x = 0; x < 1280; x++) bright ||= pixels[(y * 1280 + x) * 3]! > 150
    return bright
  })
  const lowest = rows.lastIndexOf(true)
  assert.ok(lowest > 0 && lowest < 720 * 0.9, `lowest row with text: ${lowest}`)
  assert.ok(lowest > 720 * 0.86, 'and it is not far above it')
})
