import type { MediaRecord, Orientation } from '#capabilities/create/media-metadata/media-metadata.ts'
import { type Claim, claim, type Evidence } from './evidence.ts'
import {
  type Described,
  firstTag,
  mainVideo,
  number,
  positive,
  ratio,
  rounded,
  type Stream,
  type Tagged,
  text,
} from './said.ts'

type Picture = Pick<
  MediaRecord,
  | 'width'
  | 'height'
  | 'resolution'
  | 'codedWidth'
  | 'codedHeight'
  | 'rotationDegrees'
  | 'orientation'
  | 'aspectRatio'
>

const WIDTHS = [
  'Track1:ImageWidth',
  'Track2:ImageWidth',
  'File:ImageWidth',
  'PNG:ImageWidth',
  'IFD0:ImageWidth',
  'RIFF:ImageWidth',
  'Matroska:ImageWidth',
  'Meta:ImageWidth',
  'Video:Width',
  'Image:Width',
]
const HEIGHTS = WIDTHS.map((name) => name.replace('Width', 'Height'))

/** The size as shown: turned as a player turns it, with square pixels. */
export function pictureOf(
  described: Described | null,
  tagged: Tagged | null,
  isImage: boolean,
  book: Evidence,
): Picture {
  const stream = mainVideo(described?.streams ?? [])
  const tags = tagged?.tags ?? {}
  const reader = tagged?.reader ?? 'exiftool'
  const tagClaim = (names: readonly string[]) => {
    const found = firstTag(tags, names)
    return found ? claim(reader, found.tag, positive(found.value)) : null
  }
  const same = {
    isSame: (a: number, b: number) => a === b,
    rule: 'the size of the decoded picture is believed',
  }
  const codedWidth = book.take(
    'codedWidth',
    [claim('ffprobe', 'stream.width', positive(stream?.['width'])), tagClaim(WIDTHS)],
    same,
  )
  const codedHeight = book.take(
    'codedHeight',
    [claim('ffprobe', 'stream.height', positive(stream?.['height'])), tagClaim(HEIGHTS)],
    same,
  )
  const rotationDegrees = rotationOf(stream, tagged, isImage, book)
  if (codedWidth === null || codedHeight === null)
    return {
      width: null,
      height: null,
      resolution: null,
      codedWidth,
      codedHeight,
      rotationDegrees,
      orientation: null,
      aspectRatio: null,
    }

  const square = Math.round(codedWidth * pixelRatio(stream))
  const isTurned = rotationDegrees % 180 !== 0
  const [width, height] = isTurned ? [codedHeight, square] : [square, codedHeight]
  const origin = book.provenance['codedWidth']!
  for (const field of ['width', 'height', 'resolution', 'orientation', 'aspectRatio'])
    book.note(field, origin)
  return {
    width,
    height,
    resolution: `${width}x${height}`,
    codedWidth,
    codedHeight,
    rotationDegrees,
    orientation: orientationOf(width, height),
    aspectRatio: rounded(width / height, 4),
  }
}

const orientationOf = (width: number, height: number): Orientation =>
  width === height ? 'square' : width > height ? 'landscape' : 'portrait'

function pixelRatio(stream: Stream | undefined): number {
  const [above, below] = String(stream?.['sample_aspect_ratio'] ?? '1:1')
    .split(':')
    .map(Number)
  const wide = (above ?? 1) / (below ?? 1)
  return Number.isFinite(wide) && wide > 0 ? wide : 1
}

/** EXIF's eight orientations as clockwise turns; mirrored ones turn the same way. */
const EXIF_TURNS: Record<number, number> = { 1: 0, 2: 0, 3: 180, 4: 180, 5: 270, 6: 90, 7: 90, 8: 270 }

/**
 * For films the display matrix, which players follow. ffprobe gives it counter-clockwise (-90 turns right), exiftool and
 * the old `rotate` tag clockwise. For pictures the EXIF orientation.
 */
function rotationOf(
  stream: Stream | undefined,
  tagged: Tagged | null,
  isImage: boolean,
  book: Evidence,
): number {
  const tags = tagged?.tags ?? {}
  const reader = tagged?.reader ?? 'exiftool'
  const exif = number(tags['IFD0:Orientation'])
  const fromTags = isImage
    ? claim(reader, 'IFD0:Orientation', exif === null ? null : EXIF_TURNS[exif])
    : turn(reader, firstTag(tags, ['Composite:Rotation', 'Video:Rotation']), 1)
  const matrix = stream?.side_data_list?.find((data) => data['rotation'] !== undefined)
  const claims: (Claim<number> | null)[] = [
    isImage
      ? null
      : turn(
          'ffprobe',
          matrix ? { tag: 'stream.side_data_list.rotation', value: matrix['rotation'] } : null,
          -1,
        ),
    isImage
      ? null
      : turn(
          'ffprobe',
          stream?.tags?.['rotate'] ? { tag: 'stream.tags.rotate', value: stream.tags['rotate'] } : null,
          1,
        ),
    fromTags,
  ]
  const rule = 'the display matrix is believed: players follow it'
  return book.take('rotationDegrees', claims, { isSame: (a, b) => a === b, rule }) ?? 0
}

function turn(
  from: Claim<number>['from'],
  found: { tag: string; value: unknown } | null,
  sign: 1 | -1,
): Claim<number> | null {
  const degrees = number(found?.value)
  if (found === null || degrees === null) return null
  const quarter = Math.round((sign * degrees) / 90) * 90
  return claim(from, found.tag, ((quarter % 360) + 360) % 360)
}

type Motion = Pick<MediaRecord, 'fps' | 'frameRateMode' | 'frames' | 'scan'>

/** Two rates of one constant film differ by less; a film whose frames come as they please by more. */
const VARIABLE_SHARE = 0.005

export function motionOf(described: Described | null, tagged: Tagged | null, book: Evidence): Motion {
  const stream = mainVideo(described?.streams ?? [])
  const tags = tagged?.tags ?? {}
  const reader = tagged?.reader ?? 'exiftool'
  const said = firstTag(tags, [
    'Track1:VideoFrameRate',
    'Track2:VideoFrameRate',
    'RIFF:VideoFrameRate',
    'Video:FrameRate',
  ])
  const average = ratio(stream?.['avg_frame_rate'])
  const fps = book.take(
    'fps',
    [
      claim('ffprobe', 'stream.avg_frame_rate', average),
      claim(reader, said?.tag ?? '', said ? ratio(said.value) : null),
    ],
    {
      isSame: (a, b) => Math.abs(a - b) / a <= 0.01,
      rule: 'frames by time is believed before what a header says',
    },
  )
  return {
    fps,
    frameRateMode: rateModeOf(stream, average, tags, book),
    frames: book.take('frames', [claim('ffprobe', 'stream.nb_frames', positive(stream?.['nb_frames']))]),
    scan: scanOf(stream, book),
  }
}

function rateModeOf(
  stream: Stream | undefined,
  average: number | null,
  tags: Record<string, unknown>,
  book: Evidence,
): Motion['frameRateMode'] {
  const mode = text(tags['Video:FrameRate_Mode'])
  const base = ratio(stream?.['r_frame_rate'])
  // Field by field, an interlaced film has twice the rate and is as constant as any.
  const isFields =
    base !== null && average !== null && Math.abs(base / average - 2) < 0.01 && isInterlaced(stream)
  const isVariable =
    base !== null && average !== null && Math.abs(base - average) / average > VARIABLE_SHARE && !isFields
  return book.take<NonNullable<Motion['frameRateMode']>>(
    'frameRateMode',
    [
      claim(
        'ffprobe',
        'stream.r_frame_rate',
        base === null || average === null ? null : isVariable ? 'variable' : 'constant',
      ),
      claim(
        'mediainfo',
        'Video:FrameRate_Mode',
        mode === null ? null : mode === 'VFR' ? 'variable' : 'constant',
      ),
    ],
    { isSame: (a, b) => a === b, rule: 'the rates of the stream are believed' },
  )
}

const isInterlaced = (stream: Stream | undefined) =>
  /^(tt|bb|tb|bt)$/.test(String(stream?.['field_order'] ?? ''))

function scanOf(stream: Stream | undefined, book: Evidence): Motion['scan'] {
  const order = text(stream?.['field_order'])
  return book.take<NonNullable<Motion['scan']>>('scan', [
    claim(
      'ffprobe',
      'stream.field_order',
      order === null ? null : isInterlaced(stream) ? 'interlaced' : 'progressive',
    ),
  ])
}
