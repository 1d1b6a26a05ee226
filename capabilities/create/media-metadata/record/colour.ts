import type { MediaRecord } from '#capabilities/create/media-metadata/media-metadata.ts'
import { claim, type Evidence } from './evidence.ts'
import { type Described, mainVideo, number, positive, type Stream, type Tagged, text } from './said.ts'

type Colour = Pick<
  MediaRecord,
  | 'pixelFormat'
  | 'bitDepth'
  | 'colorPrimaries'
  | 'colorTransfer'
  | 'colorSpace'
  | 'colorRange'
  | 'dynamicRange'
>

export function colourOf(
  described: Described | null,
  tagged: Tagged | null,
  isImage: boolean,
  book: Evidence,
): Colour {
  const stream = mainVideo(described?.streams ?? [])
  const from = (name: string) => claim('ffprobe', `stream.${name}`, text(stream?.[name]))
  const pixelFormat = book.take('pixelFormat', [from('pix_fmt')])
  return {
    pixelFormat,
    bitDepth: book.take('bitDepth', [
      claim('ffprobe', 'stream.bits_per_raw_sample', positive(stream?.['bits_per_raw_sample'])),
      claim('ffprobe', 'stream.pix_fmt', depthOf(pixelFormat)),
      claim(tagged?.reader ?? 'exiftool', 'File:BitsPerSample', positive(tagged?.tags['File:BitsPerSample'])),
    ]),
    colorPrimaries: book.take('colorPrimaries', [from('color_primaries')]),
    colorTransfer: book.take('colorTransfer', [from('color_transfer')]),
    colorSpace: book.take('colorSpace', [from('color_space')]),
    colorRange: book.take('colorRange', [from('color_range')]),
    dynamicRange: isImage ? null : dynamicRangeOf(stream, tagged, book),
  }
}

/** `yuv420p10le` is 10 bits deep; a name without a number is 8. */
function depthOf(pixelFormat: string | null): number | null {
  if (pixelFormat === null) return null
  return number(/p(\d\d)[lb]e$/.exec(pixelFormat)?.[1]) ?? 8
}

type Range = NonNullable<MediaRecord['dynamicRange']>
const BY_TRANSFER: Record<string, Range> = { smpte2084: 'HDR10', 'arib-std-b67': 'HLG' }
/** ISO/IEC 23091-2, transfer characteristics: 16 is PQ (SMPTE ST 2084), 18 is HLG. */
const BY_NUMBER: Record<number, Range> = { 16: 'HDR10', 18: 'HLG' }

/** What the decoder is told wins over the container's note: players obey the stream. */
function dynamicRangeOf(stream: Stream | undefined, tagged: Tagged | null, book: Evidence): Range | null {
  if (!stream) return null
  const transfer = text(stream['color_transfer'])
  const hasDolby = stream.side_data_list?.some((data) =>
    /DOVI|Dolby Vision/i.test(String(data['side_data_type'])),
  )
  const tags = tagged?.tags ?? {}
  const noted = number(tags['Track1:TransferCharacteristics'] ?? tags['Track2:TransferCharacteristics'])
  const spoken = text(tags['Video:transfer_characteristics'])
  const claims = [
    hasDolby ? claim('ffprobe', 'stream.side_data_list.DOVI', 'Dolby Vision' as Range) : null,
    transfer === null ? null : claim('ffprobe', 'stream.color_transfer', BY_TRANSFER[transfer] ?? 'SDR'),
    noted === null ? null : claim('exiftool', 'Track1:TransferCharacteristics', BY_NUMBER[noted] ?? 'SDR'),
    spoken === null ? null : claim('mediainfo', 'Video:transfer_characteristics', spokenRange(spoken)),
  ].filter((one) => one !== null)
  // Nothing said means what it has always meant.
  const silent = claim('ffprobe', 'stream.color_transfer', 'SDR' as Range)
  return book.take<Range>('dynamicRange', claims.length > 0 ? claims : [silent], {
    isSame: (a, b) => a === b || (a === 'Dolby Vision' && b !== 'SDR'),
    rule: 'what the decoder is told is believed',
  })
}

const spokenRange = (words: string): Range => (/PQ/.test(words) ? 'HDR10' : /HLG/.test(words) ? 'HLG' : 'SDR')
