import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

/** What a stat says: as long as it stays the same, the bytes count as the same. */
export interface Stamp {
  sizeBytes: number
  /** Nanoseconds, as a decimal text: they do not fit a number. */
  modifiedNs: string
  inode: string
}

export const stampOf = (stats: BigIntStats): Stamp => ({
  sizeBytes: Number(stats.size),
  modifiedNs: String(stats.mtimeNs),
  inode: `${stats.dev}:${stats.ino}`,
})

export const isSameStamp = (a: Stamp, b: Stamp): boolean =>
  a.sizeBytes === b.sizeBytes && a.modifiedNs === b.modifiedNs && a.inode === b.inode

const PIECE_BYTES = 1024 * 1024
/** Up to this size every byte counts. */
const WHOLE_BYTES = 64 * 1024 * 1024
/** Of larger files this much from the beginning, the middle and the end: reading 4 GB costs more than any probe. */
const PART_BYTES = 16 * 1024 * 1024

/** `sha256:…` of all bytes, or `part:…` of three large pieces and the size. */
export async function contentHash(file: FileHandle, sizeBytes: number): Promise<string> {
  const hash = createHash('sha256')
  const read = async (from: number, to: number) => {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, to - from))
    for (let at = from; at < to; ) {
      const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, to - at), at)
      if (bytesRead === 0) return
      hash.update(piece.subarray(0, bytesRead))
      at += bytesRead
    }
  }
  if (sizeBytes <= WHOLE_BYTES) {
    await read(0, sizeBytes)
    return `sha256:${hash.digest('hex')}`
  }
  const middle = Math.floor((sizeBytes - PART_BYTES) / 2)
  for (const from of [0, middle, sizeBytes - PART_BYTES]) await read(from, from + PART_BYTES)
  return `part:${hash.update(`${sizeBytes}`).digest('hex')}`
}
