import { closeSync, openSync, readSync } from 'node:fs'
import { fault } from '#kernel/fault.ts'

/** Tells whether a font draws this code point. */
export type Coverage = (codePoint: number) => boolean

/**
 * Reads which characters a TrueType or OpenType font has: its `cmap` table, formats 4 and 12 (Unicode).
 * Source: the OpenType specification, chapters "cmap" and "Organization of an OpenType font".
 */
export function coverageOf(file: string): Coverage {
  const cmap = tableOf(file, 'cmap')
  const subtables = Array.from({ length: cmap.readUInt16BE(2) }, (_, i) => ({
    platform: cmap.readUInt16BE(4 + i * 8),
    encoding: cmap.readUInt16BE(6 + i * 8),
    at: cmap.readUInt32BE(8 + i * 8),
  }))
  const readers = subtables.filter(isUnicode).flatMap(({ at }) => {
    const format = cmap.readUInt16BE(at)
    if (format === 12) return [segmented(cmap, at)]
    if (format === 4) return [deltas(cmap, at)]
    return []
  })
  if (readers.length === 0)
    throw fault('invalid', 'ffmpeg/font', `${file} has no Unicode table of characters`)
  return (codePoint) => readers.some((reader) => reader(codePoint))
}

const isUnicode = ({ platform, encoding }: { platform: number; encoding: number }) =>
  platform === 0 || (platform === 3 && (encoding === 1 || encoding === 10))

function tableOf(file: string, tag: string): Buffer {
  const handle = openSync(file, 'r')
  try {
    const head = read(handle, 0, 12)
    const directory = read(handle, 12, head.readUInt16BE(4) * 16)
    for (let at = 0; at < directory.length; at += 16) {
      if (directory.toString('latin1', at, at + 4) !== tag) continue
      return read(handle, directory.readUInt32BE(at + 8), directory.readUInt32BE(at + 12))
    }
    throw fault('invalid', 'ffmpeg/font', `${file} is no font that we can read`)
  } finally {
    closeSync(handle)
  }
}

function read(handle: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  readSync(handle, bytes, 0, length, position)
  return bytes
}

/** Format 12: groups of (first, last, glyph of the first). */
function segmented(cmap: Buffer, at: number): Coverage {
  const groups = cmap.readUInt32BE(at + 12)
  const first = (i: number) => cmap.readUInt32BE(at + 16 + i * 12)
  const last = (i: number) => cmap.readUInt32BE(at + 20 + i * 12)
  const glyph = (i: number) => cmap.readUInt32BE(at + 24 + i * 12)
  return (codePoint) => {
    const i = lowest(groups, (group) => last(group) >= codePoint)
    return i < groups && first(i) <= codePoint && glyph(i) + codePoint - first(i) !== 0
  }
}

/** Format 4: segments with a delta, or with an offset into a list of glyphs. */
function deltas(cmap: Buffer, at: number): Coverage {
  const bytes = cmap.readUInt16BE(at + 6)
  const ends = at + 14
  const starts = ends + bytes + 2
  const shifts = starts + bytes
  const offsets = shifts + bytes
  return (codePoint) => {
    if (codePoint > 0xffff) return false
    const i = lowest(bytes / 2, (segment) => cmap.readUInt16BE(ends + segment * 2) >= codePoint)
    if (i >= bytes / 2) return false
    const start = cmap.readUInt16BE(starts + i * 2)
    if (start > codePoint) return false
    const offset = cmap.readUInt16BE(offsets + i * 2)
    const shift = cmap.readUInt16BE(shifts + i * 2)
    if (offset === 0) return ((codePoint + shift) & 0xffff) !== 0
    return cmap.readUInt16BE(offsets + i * 2 + offset + (codePoint - start) * 2) !== 0
  }
}

/** The lowest index for which the rule holds, of a list in which it holds from there on. */
function lowest(length: number, holds: (i: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
