import type { Finding, MediaRecord, Verdict } from './media-metadata.ts'

/**
 * What a file must be to be published. Duration and size are the platform's (its upload page, as restated in 2020: at
 * most 15 minutes, within 4 GB). It publishes no rule on codec, resolution, frame rate or ratio: those are ours.
 */
export interface Preset {
  maxDurationSeconds: number
  maxSizeMb: number
  minShortSidePx: number
  minFps: number
  maxFps: number
  /** `9:16`; a file may be off by {@link RATIO_TOLERANCE}. */
  ratios: string[]
  videoCodecs: string[]
  audioCodecs: string[]
  containers: string[]
  imageFormats: string[]
  minVideoBitrateKbps: number
}

export const PRESET_SOURCES: Record<keyof Preset, Finding['source']> = {
  maxDurationSeconds: 'platform',
  maxSizeMb: 'platform',
  minShortSidePx: 'preset',
  minFps: 'preset',
  maxFps: 'preset',
  ratios: 'preset',
  videoCodecs: 'preset',
  audioCodecs: 'preset',
  containers: 'preset',
  imageFormats: 'preset',
  minVideoBitrateKbps: 'preset',
}

const RATIO_TOLERANCE = 0.02
/** 29.97 is 30, and 23.976 is 24. */
const FPS_TOLERANCE = 0.05

export function judge(record: MediaRecord, preset: Preset): { verdict: Verdict; findings: Finding[] } {
  const rules =
    record.kind === 'video' ? [...ANY, ...VIDEO] : record.kind === 'image' ? [...ANY, ...IMAGE] : AUDIO
  const findings = rules.flatMap((rule) => rule(record, preset) ?? [])
  const isBlocked = findings.some(({ level }) => level === 'error')
  return { verdict: isBlocked ? 'blocked' : findings.length > 0 ? 'warning' : 'ready', findings }
}

type Rule = (record: MediaRecord, preset: Preset) => Finding | null

const finding = (
  code: string,
  level: Finding['level'],
  value: Finding['value'],
  limit: string,
  source: Finding['source'],
  [zh, en]: [string, string],
): Finding => ({ code, level, value, limit, source, zh, en })

const ANY: Rule[] = [
  ({ sizeBytes }, { maxSizeMb }) =>
    sizeBytes <= maxSizeMb * 1_000_000
      ? null
      : finding('size', 'error', sizeBytes, `<= ${maxSizeMb} MB`, 'platform', [
          '文件过大',
          'The file is too large',
        ]),
  ({ width, height, resolution }, { minShortSidePx }) =>
    width !== null && height !== null && Math.min(width, height) >= minShortSidePx
      ? null
      : finding('resolution', 'warning', resolution, `>= ${minShortSidePx} px`, 'preset', [
          '分辨率偏低',
          'The picture is small',
        ]),
]

const VIDEO: Rule[] = [
  ({ durationSeconds }, { maxDurationSeconds }) => {
    if (durationSeconds === null)
      return finding('duration', 'error', null, `<= ${maxDurationSeconds} s`, 'platform', [
        '时长未知',
        'Nobody knows how long it is',
      ])
    return durationSeconds <= maxDurationSeconds
      ? null
      : finding('duration', 'error', durationSeconds, `<= ${maxDurationSeconds} s`, 'platform', [
          '时长超限',
          'The video is too long',
        ])
  },
  ({ container }, { containers }) =>
    containers.includes(container)
      ? null
      : finding('container', 'error', container, containers.join(', '), 'preset', [
          '封装格式不在预设内',
          'The container is not in the preset',
        ]),
  ({ videoCodec }, { videoCodecs }) =>
    videoCodec !== null && videoCodecs.includes(videoCodec)
      ? null
      : finding('video-codec', 'error', videoCodec, videoCodecs.join(', '), 'preset', [
          '视频编码不在预设内',
          'The video codec is not in the preset',
        ]),
  ({ aspectRatio, resolution }, { ratios }) =>
    aspectRatio !== null && ratios.some((ratio) => isNear(aspectRatio, ratio))
      ? null
      : finding('ratio', 'warning', resolution, ratios.join(', '), 'preset', [
          '画面比例不在预设内',
          'The ratio is not in the preset',
        ]),
  ({ fps }, { minFps, maxFps }) =>
    fps !== null && fps >= minFps - FPS_TOLERANCE && fps <= maxFps + FPS_TOLERANCE
      ? null
      : finding('fps', 'warning', fps, `${minFps}-${maxFps}`, 'preset', [
          '帧率不在预设内',
          'The frame rate is not in the preset',
        ]),
  ({ frameRateMode }) =>
    frameRateMode === 'variable'
      ? finding('variable-frame-rate', 'warning', 'variable', 'constant', 'preset', [
          '可变帧率',
          'The frame rate varies',
        ])
      : null,
  ({ dynamicRange }) =>
    dynamicRange === null || dynamicRange === 'SDR'
      ? null
      : finding('hdr', 'warning', dynamicRange, 'SDR', 'preset', ['HDR 视频', 'The video is HDR']),
  ({ scan }) =>
    scan === 'interlaced'
      ? finding('interlaced', 'warning', scan, 'progressive', 'preset', [
          '隔行扫描',
          'The video is interlaced',
        ])
      : null,
  ({ audioTracks }) =>
    audioTracks === 0
      ? finding('no-audio', 'warning', 0, '>= 1', 'preset', ['没有声音', 'There is no sound'])
      : null,
  ({ audioCodec }, { audioCodecs }) =>
    audioCodec === null || audioCodecs.includes(audioCodec)
      ? null
      : finding('audio-codec', 'error', audioCodec, audioCodecs.join(', '), 'preset', [
          '音频编码不在预设内',
          'The audio codec is not in the preset',
        ]),
  ({ videoBitrateKbps, bitrateKbps }, { minVideoBitrateKbps }) => {
    const rate = videoBitrateKbps ?? bitrateKbps
    return rate === null || rate >= minVideoBitrateKbps
      ? null
      : finding('bitrate', 'warning', rate, `>= ${minVideoBitrateKbps} kbit/s`, 'preset', [
          '码率偏低',
          'The bit rate is low',
        ])
  },
]

const IMAGE: Rule[] = [
  ({ container }, { imageFormats }) =>
    imageFormats.includes(container)
      ? null
      : finding('image-format', 'error', container, imageFormats.join(', '), 'preset', [
          '图片格式不在预设内',
          'The picture format is not in the preset',
        ]),
]

const AUDIO: Rule[] = [
  ({ kind }) =>
    finding('audio-only', 'error', kind, 'video, image', 'preset', [
      '只有声音',
      'There is sound and no picture',
    ]),
]

function isNear(aspectRatio: number, ratio: string): boolean {
  const [width = 0, height = 1] = ratio.split(':').map(Number)
  return Math.abs(aspectRatio / (width / height) - 1) <= RATIO_TOLERANCE
}
