import type { MediaKind } from '#capabilities/create/media-metadata/media-metadata.ts'

/** What the first bytes of a file say it is. `unknown`: nothing known, but no text either; ffprobe may know it. */
export type Guess =
  | { kind: MediaKind; container: string }
  | { kind: 'unknown' }
  | { kind: 'none'; what: string }

export const HEAD_BYTES = 4_096

/** By signature, never by name: a text called `.mp4` is a text. */
export function guessed(head: Buffer): Guess {
  const at = (offset: number, ...bytes: number[]) => bytes.every((byte, i) => head[offset + i] === byte)
  const word = (offset: number, length: number) => head.toString('latin1', offset, offset + length)
  if (word(4, 4) === 'ftyp') return ofBrand(word(8, 4), head)
  if (/^(moov|mdat|wide|free|skip)$/.test(word(4, 4))) return { kind: 'video', container: 'mov' }
  if (at(0, 0xff, 0xd8, 0xff)) return { kind: 'image', container: 'jpeg' }
  if (at(0, 0x89, 0x50, 0x4e, 0x47)) return { kind: 'image', container: 'png' }
  if (/^GIF8[79]a/.test(word(0, 6))) return { kind: 'image', container: 'gif' }
  if (word(0, 2) === 'BM' && head.readUInt32LE(6) === 0) return { kind: 'image', container: 'bmp' }
  if (['II*\0', 'MM\0*'].includes(word(0, 4))) return { kind: 'image', container: 'tiff' }
  if (word(0, 4) === 'RIFF') return ofRiff(word(8, 4))
  if (at(0, 0x1a, 0x45, 0xdf, 0xa3))
    return { kind: 'video', container: head.includes('webm') ? 'webm' : 'matroska' }
  if (word(0, 3) === 'FLV') return { kind: 'video', container: 'flv' }
  if (at(0, 0x30, 0x26, 0xb2, 0x75)) return { kind: 'video', container: 'asf' }
  if (at(0, 0x00, 0x00, 0x01, 0xba)) return { kind: 'video', container: 'mpeg' }
  if (head[0] === 0x47 && head[188] === 0x47) return { kind: 'video', container: 'mpegts' }
  if (word(0, 4) === 'OggS') return { kind: 'audio', container: 'ogg' }
  if (word(0, 4) === 'fLaC') return { kind: 'audio', container: 'flac' }
  if (word(0, 3) === 'ID3' || (head[0] === 0xff && ((head[1] ?? 0) & 0xe0) === 0xe0))
    return { kind: 'audio', container: 'mp3' }
  return notMedia(head)
}

const PICTURE_BRANDS: Record<string, string> = {
  heic: 'heif',
  heix: 'heif',
  mif1: 'heif',
  msf1: 'heif',
  avif: 'avif',
  'crx ': 'cr3',
}

function ofBrand(brand: string, head: Buffer): Guess {
  const picture = PICTURE_BRANDS[brand]
  if (picture) return { kind: 'image', container: head.includes('avif') ? 'avif' : picture }
  if (brand.startsWith('M4A') || brand.startsWith('M4B')) return { kind: 'audio', container: 'mp4' }
  return { kind: 'video', container: brand === 'qt  ' ? 'mov' : 'mp4' }
}

function ofRiff(form: string): Guess {
  if (form === 'WEBP') return { kind: 'image', container: 'webp' }
  if (form === 'WAVE') return { kind: 'audio', container: 'wav' }
  return { kind: 'video', container: 'avi' }
}

const OTHERS: [start: string, what: string][] = [
  ['PK\x03\x04', 'zip archive'],
  ['\x1f\x8b', 'gzip archive'],
  ['%PDF', 'PDF'],
  ['\x7fELF', 'program'],
  ['SQLite format 3', 'database'],
  ['7z\xbc\xaf', '7z archive'],
  ['Rar!', 'rar archive'],
  ['\0asm', 'WebAssembly'],
]

function notMedia(head: Buffer): Guess {
  const start = head.toString('latin1', 0, 64)
  const known = OTHERS.find(([signature]) => start.startsWith(signature))
  if (known) return { kind: 'none', what: known[1] }
  return isText(head) ? { kind: 'none', what: 'text' } : { kind: 'unknown' }
}

/** UTF-8, UTF-16 with its mark, or GBK: no control bytes but the usual ones. Playlists are text, too. */
function isText(head: Buffer): boolean {
  if (head.length >= 2 && /^(\xff\xfe|\xfe\xff)/.test(head.toString('latin1', 0, 2))) return true
  return !head.some(
    (byte) => byte < 9 || (byte > 13 && byte < 27) || (byte > 27 && byte < 32) || byte === 127,
  )
}
