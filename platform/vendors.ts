import { doudianGateway } from '#engines/doudian/doudian.ts'
import { douyinWire } from '#engines/douyin/douyin.ts'
import { exiftoolReader } from '#engines/exiftool/exiftool.ts'
import { ffmpegTools } from '#engines/ffmpeg/ffmpeg.ts'
import { pdd } from '#engines/pdd/pdd.ts'
import { shopify } from '#engines/shopify/shopify.ts'
import { taobao } from '#engines/taobao/taobao.ts'
import { webhookSender } from '#engines/webhook/webhook.ts'
import type { Closers } from './closers.ts'
import type { EngineProbe } from './engines.ts'
import type { PlatformValues } from './settings.ts'

const DOUDIAN_URL = 'https://openapi-fxg.jinritemai.com'

/** Other people's services and programs, by name. Nothing is asked or started until a room, or `doctor`, uses one. */
export function openVendors(
  values: PlatformValues,
  closers: Closers,
): { byName: Record<string, unknown>; probes: EngineProbe[] } {
  const ffmpeg = ffmpegTools({ ffmpegPath: values.ffmpeg.path, ffprobePath: values.ffprobe.path })
  const exiftool = exiftoolReader()
  closers.add('ffmpeg', ffmpeg.close)
  closers.add('exiftool', exiftool.close)
  return {
    byName: {
      douyin: douyinWire({ url: values.douyin.url }),
      doudian: doudianGateway({ url: values.doudian.url || DOUDIAN_URL }),
      shopify: shopify({ url: values.shopify.url }),
      taobao: taobao({ url: values.taobao.url }),
      pdd: pdd({ url: values.pdd.url }),
      webhook: webhookSender(),
      ffmpeg,
      exiftool,
    },
    probes: [
      {
        engine: 'ffmpeg',
        role: 'video and sound',
        picked: 'program',
        isOptional: true,
        probe: timed(async () => {
          const report = await ffmpeg.inspect()
          const { version, from, hasLibass, hasLibx264 } = report.ffmpeg
          const lacks = [!hasLibass && 'libass', !hasLibx264 && 'libx264', !report.font && 'a Chinese font']
          const missing = lacks.filter(Boolean).join(', ')
          return `${version} (${from})${missing ? `, without ${missing}` : ''}`
        }),
      },
      {
        engine: 'exiftool',
        role: 'metadata of photos and videos',
        picked: 'program',
        isOptional: true,
        probe: timed(async () => {
          const { reader, version } = await exiftool.inspect()
          return `${reader} ${version}`
        }),
      },
    ],
  }
}

const timed = (version: () => Promise<string>) => async () => {
  const from = performance.now()
  return { version: await version(), latencyMs: performance.now() - from }
}
