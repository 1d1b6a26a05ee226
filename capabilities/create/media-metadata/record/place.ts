import type { MediaRecord } from '#capabilities/create/media-metadata/media-metadata.ts'
import { claim, type Evidence } from './evidence.ts'
import { type Described, number, type Tagged } from './said.ts'

/** Where it was recorded; only for those who asked. */
export function gpsOf(
  described: Described | null,
  tagged: Tagged | null,
  book: Evidence,
): MediaRecord['gps'] {
  const tags = tagged?.tags ?? {}
  const latitude = number(tags['Composite:GPSLatitude'])
  const longitude = number(tags['Composite:GPSLongitude'])
  const fromTags =
    latitude === null || longitude === null
      ? null
      : { latitude, longitude, altitudeMeters: number(tags['Composite:GPSAltitude']) }
  const written = described?.format?.tags ?? {}
  const name = ['com.apple.quicktime.location.ISO6709', 'location'].find((one) => written[one] !== undefined)
  return book.take('gps', [
    claim('exiftool', 'Composite:GPSLatitude', fromTags),
    claim('ffprobe', `format.tags.${name}`, name ? iso6709(written[name]!) : null),
  ])
}

/** `+30.2500+120.1700+012.345/`: ISO 6709 in degrees. */
export function iso6709(value: string): MediaRecord['gps'] {
  const [, latitude, longitude, altitude] =
    /^([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?/.exec(value) ?? []
  if (latitude === undefined || longitude === undefined) return null
  return { latitude: Number(latitude), longitude: Number(longitude), altitudeMeters: number(altitude) }
}

const PLACE = /gps|(?<!chroma_)location|ISO6709|geo(tag|position)|latitude|longitude|(^|:)xyz$/i
const LONGEST = 2_000

/** The same without a word of where, and without the long blobs (thumbnails, histograms) that nobody reads in a table. */
export function withoutPlaces(said: unknown, keepsPlaces: boolean): unknown {
  if (typeof said === 'string')
    return said.length > LONGEST ? `${said.slice(0, LONGEST)}… (${said.length})` : cleaned(said)
  if (Array.isArray(said)) return said.slice(0, 1_000).map((one) => withoutPlaces(one, keepsPlaces))
  if (said === null || typeof said !== 'object') return said
  return Object.fromEntries(
    Object.entries(said)
      .filter(([key]) => keepsPlaces || !PLACE.test(key))
      .map(([key, value]) => [key, withoutPlaces(value, keepsPlaces)]),
  )
}

/** The ledger takes no NUL in a text. */
const cleaned = (said: string) => said.replaceAll('\u0000', '')
