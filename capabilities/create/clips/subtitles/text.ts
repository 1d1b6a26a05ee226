import { fault } from '#kernel/fault.ts'

/** More than this is no subtitle file. */
export const SUBTITLE_BYTES_MAX = 8 * 1024 * 1024

/** UTF-8 or UTF-16 by its mark, otherwise UTF-8 when it is valid, otherwise GBK (as GB 18030), as older Chinese tools write. */
export function decoded(bytes: Uint8Array): { text: string; encoding: 'utf-8' | 'utf-16' | 'gb18030' } {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { text: decode('utf-16le', bytes), encoding: 'utf-16' }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { text: decode('utf-16be', bytes), encoding: 'utf-16' }
  try {
    return { text: decode('utf-8', bytes), encoding: 'utf-8' }
  } catch {
    try {
      return { text: decode('gb18030', bytes), encoding: 'gb18030' }
    } catch (cause) {
      throw fault('invalid', 'clips/encoding', 'The subtitles are neither UTF-8, UTF-16 nor GBK', { cause })
    }
  }
}

/** The mark is taken away, line ends are `\n`. */
const decode = (encoding: string, bytes: Uint8Array): string =>
  new TextDecoder(encoding, { fatal: true }).decode(bytes).replace(/\r\n?/g, '\n')
