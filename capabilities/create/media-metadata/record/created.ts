import { type Claim, claim, type Evidence } from './evidence.ts'
import type { Described, Tagged } from './said.ts'

/** A moment as a file tells it. `zone` null: it says a time of day and not where. */
export interface Moment {
  local: string
  zone: string | null
}

/**
 * Tags that may hold the moment of recording, the most trustworthy first: those that carry an offset, then the camera's
 * clock, then QuickTime's own, which is in UTC by its specification (and in local time in many cameras, see below).
 */
const WITH_ZONE = [
  'Keys:CreationDate',
  'ItemList:ContentCreateDate',
  'UserData:DateTimeOriginal',
  'XMP-xmp:CreateDate',
  'XMP-exif:DateTimeOriginal',
]
const CAMERA = [
  'ExifIFD:DateTimeOriginal',
  'ExifIFD:CreateDate',
  'H264:DateTimeOriginal',
  'RIFF:DateTimeOriginal',
  'XMP-photoshop:DateCreated',
]
const OFFSETS: Record<string, string[]> = {
  'ExifIFD:DateTimeOriginal': ['ExifIFD:OffsetTimeOriginal', 'ExifIFD:OffsetTime'],
  'ExifIFD:CreateDate': ['ExifIFD:OffsetTimeDigitized', 'ExifIFD:OffsetTime'],
}
const UTC = ['QuickTime:CreateDate', 'Track1:MediaCreateDate']
const MEDIAINFO = ['General:Recorded_Date', 'General:Encoded_Date', 'Video:Encoded_Date']

/** Chooses the moment of recording and notes the zone; disputes are the camera's UTC that is not UTC. */
export function createdAt(described: Described | null, tagged: Tagged | null, book: Evidence) {
  const claims = [...fromTags(tagged), ...fromDescription(described)]
  const chosen = claims.find(({ value }) => value.zone !== null && value.zone !== 'Z') ?? claims[0]
  if (!chosen) return { createdAt: null, createdZone: null }
  book.note('createdAt', chosen)
  book.note('createdZone', chosen)
  for (const other of claims) {
    const rule = other === chosen ? null : disputed(chosen.value, other.value)
    if (rule)
      book.dispute(
        'createdAt',
        { ...chosen, value: iso(chosen.value) },
        { ...other, value: iso(other.value) },
        rule,
      )
  }
  return { createdAt: iso(chosen.value), createdZone: chosen.value.zone === 'Z' ? 'UTC' : chosen.value.zone }
}

const iso = ({ local, zone }: Moment) => `${local}${zone ?? ''}`

function fromTags(tagged: Tagged | null): Claim<Moment>[] {
  if (!tagged) return []
  const { reader, tags } = tagged
  const read = (names: readonly string[], zone: (tag: string) => string | null) =>
    names.flatMap((tag) => claim(reader, tag, momentOf(tags[tag], zone(tag))) ?? [])
  if (reader === 'mediainfo') return read(MEDIAINFO, () => null)
  return [
    ...read(WITH_ZONE, () => null),
    ...read(CAMERA, (tag) => (OFFSETS[tag] ?? []).map((name) => tags[name]).find(isOffset) ?? null),
    ...read(UTC, () => 'Z'),
  ]
}

function fromDescription(described: Described | null): Claim<Moment>[] {
  const tags = described?.format?.tags ?? {}
  const names = ['com.apple.quicktime.creationdate', 'creation_time', 'date']
  return names.flatMap((name) => claim('ffprobe', `format.tags.${name}`, momentOf(tags[name], null)) ?? [])
}

const isOffset = (value: unknown): value is string =>
  typeof value === 'string' && /^[+-]\d\d:\d\d$/.test(value)

const MOMENT =
  /^(?:UTC )?(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/

/** Cameras without a set clock write zeros, and QuickTime then says 1904. */
export function momentOf(value: unknown, zone: string | null): Moment | null {
  const [, year, month, day, hour, minute, second = '00', offset] =
    MOMENT.exec(String(value ?? '').trim()) ?? []
  if (!year || Number(year) < 1971 || month === '00' || day === '00') return null
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  if (Number.isNaN(Date.parse(`${local}Z`))) return null
  const own = offset === 'UTC' || offset === 'Z' ? 'Z' : offset?.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')
  return { local, zone: own ?? zone }
}

const SAME_MS = 2 * 60_000
const QUARTER_MS = 15 * 60_000

function disputed(chosen: Moment, other: Moment): string | null {
  if (chosen.zone === null || other.zone === null) {
    const apart = Math.abs(Date.parse(`${chosen.local}Z`) - Date.parse(`${other.local}Z`))
    return apart <= SAME_MS || apart % QUARTER_MS <= SAME_MS ? null : "the camera's own clock is believed"
  }
  if (Math.abs(Date.parse(iso(chosen)) - Date.parse(iso(other))) <= SAME_MS) return null
  return chosen.local === other.local
    ? 'the same time of day in another zone: the other is local time written as UTC'
    : 'a time with its offset is believed before one without'
}
