/** The version of the record and of its JSON Schema. Fields are added freely; a changed meaning raises it. */
export const SCHEMA_VERSION = 1

export type MediaKind = 'video' | 'image' | 'audio'
export type Orientation = 'landscape' | 'portrait' | 'square'
export type Source = 'ffprobe' | 'exiftool' | 'mediainfo' | 'file'

/** Where a field comes from: the program, and the tag as that program names it. */
export interface Origin {
  from: Source
  tag: string
}

/** Two programs said different things; which one was believed, and by what rule. */
export interface Conflict {
  field: string
  chosen: Origin & { value: unknown }
  other: Origin & { value: unknown }
  rule: string
}

/** What one file is, in one shape for videos, pictures and sound. Absent is null, never a guess. */
export interface MediaRecord {
  schemaVersion: typeof SCHEMA_VERSION
  /** The content's own id: the same bytes have the same id under any name. */
  videoId: string
  fileName: string
  sizeBytes: number
  modifiedAt: string
  kind: MediaKind
  container: string
  durationSeconds: number | null
  /** As shown: after rotation, in square pixels. */
  width: number | null
  height: number | null
  resolution: string | null
  codedWidth: number | null
  codedHeight: number | null
  /** Clockwise, as a player turns it: 0, 90, 180, 270. */
  rotationDegrees: number
  orientation: Orientation | null
  /** Width by height, as shown. */
  aspectRatio: number | null
  fps: number | null
  frameRateMode: 'constant' | 'variable' | null
  frames: number | null
  videoCodec: string | null
  videoProfile: string | null
  pixelFormat: string | null
  bitDepth: number | null
  scan: 'progressive' | 'interlaced' | null
  videoBitrateKbps: number | null
  bitrateKbps: number | null
  colorPrimaries: string | null
  colorTransfer: string | null
  colorSpace: string | null
  colorRange: string | null
  dynamicRange: 'SDR' | 'HDR10' | 'HLG' | 'Dolby Vision' | null
  audioCodec: string | null
  audioChannels: number | null
  audioLayout: string | null
  audioSampleRateHz: number | null
  audioBitrateKbps: number | null
  audioTracks: number
  subtitleTracks: number
  chapters: number
  /** ISO 8601; with its offset where one is known, without one where nobody says. */
  createdAt: string | null
  createdZone: string | null
  deviceMake: string | null
  deviceModel: string | null
  software: string | null
  title: string | null
  /** Null unless it was asked for. */
  gps: { latitude: number; longitude: number; altitudeMeters: number | null } | null
  provenance: Record<string, Origin>
  conflicts: Conflict[]
  tools: { name: Source; version: string }[]
}

/** Why a file has no usable record. Stable words; what they mean is said in {@link REASONS}. */
export type Reason = keyof typeof REASONS

export const REASONS = {
  missing: { zh: '文件不存在', en: 'There is no such file' },
  permission: { zh: '没有读取权限', en: 'The file may not be read' },
  outside: { zh: '路径在允许的文件夹之外', en: 'The path leaves the folders that may be read' },
  'not-a-file': { zh: '不是普通文件', en: 'Not an ordinary file' },
  empty: { zh: '空文件', en: 'The file is empty' },
  'not-media': { zh: '不是音视频或图片', en: 'Not a video, picture or sound' },
  truncated: { zh: '文件不完整', en: 'The end of the file is missing' },
  corrupt: { zh: '文件损坏', en: 'The file is damaged' },
  timeout: { zh: '读取超时', en: 'It took too long to read' },
  changed: { zh: '读取时文件被改动', en: 'The file was changed while it was read' },
  'too-large': { zh: '文件过大', en: 'The file is larger than is allowed' },
  address: { zh: '不允许访问的地址', en: 'The address may not be asked' },
  download: { zh: '下载失败', en: 'The download failed' },
  unreadable: { zh: '无法读取', en: 'The file could not be read' },
} as const

export type Verdict = 'ready' | 'warning' | 'blocked' | 'bad'

/** One rule that the file does not keep. */
export interface Finding {
  code: string
  level: 'error' | 'warning'
  value: string | number | null
  limit: string
  /** `platform`: the platform has said so. `preset`: our own rule, to be changed at will. */
  source: 'platform' | 'preset'
  zh: string
  en: string
}

/** What became of one file. `record` may be there beside a reason: a truncated film still has a head. */
export interface Outcome {
  verdict: Verdict
  reason: Reason | null
  /** The reason in the words of whoever refused it. */
  detail: string | null
  findings: Finding[]
  record: MediaRecord | null
  raw: { ffprobe: unknown; tags: unknown } | null
}

export const bad = (reason: Reason, detail: string | null = null, rest: Partial<Outcome> = {}): Outcome => ({
  verdict: 'bad',
  reason,
  detail: detail?.slice(0, 500) ?? null,
  findings: [],
  record: null,
  raw: null,
  ...rest,
})

/** `vid_` and 26 hex digits of the content's hash. */
export const videoIdOf = (contentHash: string): string =>
  `vid_${contentHash.replace(/^\w+:/, '').slice(0, 26)}`
