import {
  type MediaKind,
  type MediaRecord,
  SCHEMA_VERSION,
  videoIdOf,
} from '#capabilities/create/media-metadata/media-metadata.ts'
import { colourOf } from './colour.ts'
import { createdAt } from './created.ts'
import { claim, type Evidence, evidence } from './evidence.ts'
import { motionOf, pictureOf } from './picture.ts'
import { gpsOf } from './place.ts'
import {
  type Described,
  firstTag,
  kbps,
  mainAudio,
  mainVideo,
  number,
  positive,
  rounded,
  type Tagged,
  text,
} from './said.ts'

/** All that is known about one file before anybody chose among it. */
export interface Findings {
  fileName: string
  sizeBytes: number
  modifiedMs: number
  contentHash: string
  kind: MediaKind
  container: string
  described: Described | null
  describedBy: string | null
  tagged: Tagged | null
  wantsGps: boolean
}

/** One record out of what two programs say, with the origin of every field and every disagreement that matters. */
export function normalised(found: Findings): MediaRecord {
  const { described, tagged, kind } = found
  const book = evidence()
  const isImage = kind === 'image'
  for (const field of ['fileName', 'sizeBytes', 'modifiedAt']) book.note(field, { from: 'file', tag: 'stat' })
  book.note('videoId', { from: 'file', tag: 'sha256' })
  book.note('container', { from: 'file', tag: 'first bytes' })
  const durationSeconds = isImage ? null : durationOf(described, tagged, book)
  const streams = described?.streams ?? []
  return {
    schemaVersion: SCHEMA_VERSION,
    videoId: videoIdOf(found.contentHash),
    fileName: found.fileName,
    sizeBytes: found.sizeBytes,
    modifiedAt: new Date(found.modifiedMs).toISOString(),
    kind,
    container: found.container,
    durationSeconds,
    ...pictureOf(described, tagged, isImage, book),
    ...(isImage ? STILL : motionOf(described, tagged, book)),
    ...colourOf(described, tagged, isImage, book),
    ...codecsOf(found, durationSeconds, book),
    ...soundOf(described, tagged, book),
    audioTracks:
      streams.filter((stream) => stream['codec_type'] === 'audio').length ||
      tracksIn(tagged, /^Audio\d*:Format$/),
    subtitleTracks: streams.filter((stream) => stream['codec_type'] === 'subtitle').length,
    chapters: described?.chapters?.length ?? 0,
    ...createdAt(described, tagged, book),
    ...deviceOf(described, tagged, book),
    gps: found.wantsGps ? gpsOf(described, tagged, book) : null,
    provenance: book.provenance,
    conflicts: book.conflicts,
    tools: [
      ...(described && found.describedBy ? [{ name: 'ffprobe' as const, version: found.describedBy }] : []),
      ...(tagged ? [{ name: tagged.reader, version: tagged.version }] : []),
    ],
  }
}

const STILL = { fps: null, frameRateMode: null, frames: null, scan: null }

const tracksIn = (tagged: Tagged | null, name: RegExp) =>
  Object.keys(tagged?.tags ?? {}).filter((tag) => name.test(tag)).length

const DURATIONS = [
  'QuickTime:Duration',
  'Matroska:Duration',
  'Composite:Duration',
  'RIFF:Duration',
  'General:Duration',
]

/** The container's duration, which is what a player shows; a header that says otherwise is noted. */
function durationOf(described: Described | null, tagged: Tagged | null, book: Evidence): number | null {
  const said = firstTag(tagged?.tags ?? {}, DURATIONS)
  const longest = Math.max(0, ...(described?.streams ?? []).map((stream) => number(stream['duration']) ?? 0))
  const seconds = book.take(
    'durationSeconds',
    [
      claim('ffprobe', 'format.duration', positive(described?.format?.['duration'])),
      claim('ffprobe', 'streams.duration', positive(longest)),
      said ? claim(tagged!.reader, said.tag, positive(said.value)) : null,
    ],
    {
      isSame: (a, b) => Math.abs(a - b) <= Math.max(0.1, a * 0.01),
      rule: 'what the demuxer plays is believed before what a header says',
    },
  )
  return seconds === null ? null : rounded(seconds, 3)
}

function codecsOf(
  { described, tagged, sizeBytes }: Findings,
  durationSeconds: number | null,
  book: Evidence,
) {
  const stream = mainVideo(described?.streams ?? [])
  const from = (name: string) => claim('ffprobe', `stream.${name}`, text(stream?.[name]))
  const whole = book.take('bitrateKbps', [
    claim('ffprobe', 'format.bit_rate', positive(described?.format?.['bit_rate'])),
    claim('file', 'size by duration', durationSeconds ? (sizeBytes * 8) / durationSeconds : null),
  ])
  const spoken = text(tagged?.tags['Video:Format'])
  return {
    videoCodec: book.take('videoCodec', [
      from('codec_name'),
      claim(
        'mediainfo',
        'Video:Format',
        spoken === null ? null : (MEDIAINFO_CODECS[spoken] ?? spoken.toLowerCase()),
      ),
      claim(tagged?.reader ?? 'exiftool', 'File:FileType', stream ? null : pictureCodec(tagged)),
    ]),
    videoProfile: book.take('videoProfile', [from('profile')]),
    videoBitrateKbps: kbps(
      book.take('videoBitrateKbps', [claim('ffprobe', 'stream.bit_rate', positive(stream?.['bit_rate']))]),
    ),
    bitrateKbps: durationSeconds === null ? null : kbps(whole),
  }
}

const MEDIAINFO_CODECS: Record<string, string> = {
  AVC: 'h264',
  HEVC: 'hevc',
  AV1: 'av1',
  'MPEG-4 Visual': 'mpeg4',
}

/** `PNG` and `HEIC` name their codec themselves; JPEG has ffprobe's name. */
function pictureCodec(tagged: Tagged | null): string | null {
  if (!String(tagged?.tags['File:MIMEType'] ?? '').startsWith('image/')) return null
  const type = text(tagged?.tags['File:FileType'])?.toLowerCase() ?? null
  return type === 'jpeg' ? 'mjpeg' : type
}

function soundOf(described: Described | null, tagged: Tagged | null, book: Evidence) {
  const stream = mainAudio(described?.streams ?? [])
  const tags = tagged?.tags ?? {}
  const reader = tagged?.reader ?? 'exiftool'
  const tag = (names: string[]) => {
    const found = firstTag(tags, names)
    return found && stream ? claim(reader, found.tag, positive(found.value)) : null
  }
  const from = (name: string) => claim('ffprobe', `stream.${name}`, text(stream?.[name]))
  const count = (name: string) => claim('ffprobe', `stream.${name}`, positive(stream?.[name]))
  const rule = 'the decoder is believed before the header'
  return {
    audioCodec: book.take('audioCodec', [from('codec_name')]),
    audioChannels: book.take('audioChannels', [count('channels'), tag(['Audio:Channels'])], {
      isSame: (a, b) => a === b,
      rule,
    }),
    audioLayout: book.take('audioLayout', [from('channel_layout')]),
    audioSampleRateHz: book.take('audioSampleRateHz', [count('sample_rate'), tag(['Audio:SamplingRate'])]),
    audioBitrateKbps: kbps(book.take('audioBitrateKbps', [count('bit_rate')])),
  }
}

const MAKES = ['IFD0:Make', 'Keys:Make', 'UserData:Make', 'General:Encoded_Hardware_CompanyName']
const MODELS = [
  'IFD0:Model',
  'Keys:Model',
  'UserData:Model',
  'Keys:AndroidModel',
  'General:Encoded_Hardware_Model',
]
const SOFTWARE = [
  'IFD0:Software',
  'Keys:Software',
  'ItemList:Encoder',
  'UserData:SoftwareVersion',
  'General:Encoded_Application',
]
const TITLES = ['ItemList:Title', 'Keys:Title', 'XMP-dc:Title', 'General:Title']

function deviceOf(described: Described | null, tagged: Tagged | null, book: Evidence) {
  const tags = described?.format?.tags ?? {}
  const pick = (field: string, names: string[], written: string[]) => {
    const found = firstTag(tagged?.tags ?? {}, names)
    const own = written.find((name) => tags[name] !== undefined)
    return book.take(field, [
      found ? claim(tagged!.reader, found.tag, text(found.value)) : null,
      own ? claim('ffprobe', `format.tags.${own}`, text(tags[own])) : null,
    ])
  }
  return {
    deviceMake: pick('deviceMake', MAKES, ['com.apple.quicktime.make', 'make']),
    deviceModel: pick('deviceModel', MODELS, ['com.apple.quicktime.model', 'com.android.model', 'model']),
    software: pick('software', SOFTWARE, ['com.apple.quicktime.software', 'encoder']),
    title: pick('title', TITLES, ['title']),
  }
}
