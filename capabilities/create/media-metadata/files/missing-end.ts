import type { FileHandle } from 'node:fs/promises'

/** Where the file should go on and does not; null when it is whole, or when its format does not tell. */
export async function missingEnd(
  file: FileHandle,
  sizeBytes: number,
  container: string,
): Promise<string | null> {
  if (container === 'mp4' || container === 'mov' || container === 'heif' || container === 'avif')
    return boxesEnd(file, sizeBytes)
  if (container === 'avi' || container === 'wav' || container === 'webp') return riffEnd(file, sizeBytes)
  if (container === 'jpeg') return markerEnd(file, sizeBytes, Buffer.from([0xff, 0xd9]), 'its end marker')
  if (container === 'png') return markerEnd(file, sizeBytes, Buffer.from('IEND'), 'its last chunk')
  if (container === 'matroska' || container === 'webm') return segmentEnd(file, sizeBytes)
  if (container === 'ogg') return pageEnd(file, sizeBytes)
  if (container === 'mpegts') return packetEnd(sizeBytes)
  return null
}

const MOST_BOXES = 10_000

/** The boxes at the top of an ISO base media file (ISO/IEC 14496-12): each says how long it is. */
async function boxesEnd(file: FileHandle, sizeBytes: number): Promise<string | null> {
  const names: string[] = []
  const head = Buffer.alloc(16)
  for (let at = 0; at < sizeBytes && names.length < MOST_BOXES; ) {
    const { bytesRead } = await file.read(head, 0, 16, at)
    // A tail shorter than a box is padding that some recorders leave.
    if (bytesRead < 8) break
    const short = head.readUInt32BE(0)
    const length = short === 1 ? Number(head.readBigUInt64BE(8)) : short === 0 ? sizeBytes - at : short
    const name = head.toString('latin1', 4, 8)
    if (length < 8 || !/^[\x20-\x7e\xa9]{4}$/.test(name)) break
    names.push(name)
    if (at + length > sizeBytes) return `the box ${name} goes on for ${at + length - sizeBytes} bytes more`
    at += length
  }
  const isComplete = names.includes('moov') || names.includes('meta') || names.includes('moof')
  return isComplete ? null : 'it has no index (moov)'
}

async function riffEnd(file: FileHandle, sizeBytes: number): Promise<string | null> {
  const head = Buffer.alloc(8)
  await file.read(head, 0, 8, 0)
  const missing = head.readUInt32LE(4) + 8 - sizeBytes
  // Recorders of streams leave the size open.
  return missing > 1 && head.readUInt32LE(4) !== 0xffffffff ? `${missing} bytes are missing` : null
}

const TAIL_BYTES = 65_536

async function tailOf(file: FileHandle, sizeBytes: number): Promise<Buffer> {
  const tail = Buffer.alloc(Math.min(TAIL_BYTES, sizeBytes))
  await file.read(tail, 0, tail.length, sizeBytes - tail.length)
  return tail
}

async function markerEnd(
  file: FileHandle,
  sizeBytes: number,
  marker: Buffer,
  what: string,
): Promise<string | null> {
  return (await tailOf(file, sizeBytes)).includes(marker) ? null : `${what} is missing`
}

const HEAD_BYTES = 256
const SEGMENT = Buffer.from([0x18, 0x53, 0x80, 0x67])

/** The segment that holds all of a Matroska file says how long it is (RFC 9559); a live recording leaves that open. */
async function segmentEnd(file: FileHandle, sizeBytes: number): Promise<string | null> {
  const head = Buffer.alloc(HEAD_BYTES)
  await file.read(head, 0, head.length, 0)
  const at = head.indexOf(SEGMENT)
  if (at < 0) return null
  const first = head[at + 4]!
  const bytes = Math.clz32(first) - 23
  if (bytes > 8) return null
  // All ones is "unknown".
  let length = BigInt(first & (0xff >> bytes))
  for (let i = 1; i < bytes; i++) length = (length << 8n) | BigInt(head[at + 4 + i]!)
  if (length === (1n << BigInt(7 * bytes)) - 1n) return null
  const missing = at + 4 + bytes + Number(length) - sizeBytes
  return missing > 0 ? `${missing} bytes of its segment are missing` : null
}

/** The last page of an Ogg file (RFC 3533) lists the lengths of what it holds. A page is never longer than the tail. */
async function pageEnd(file: FileHandle, sizeBytes: number): Promise<string | null> {
  const tail = await tailOf(file, sizeBytes)
  const at = tail.lastIndexOf('OggS')
  if (at < 0) return null
  const count = tail[at + 26]
  if (count === undefined || at + 27 + count > tail.length) return 'the head of its last page is cut'
  const length = tail.subarray(at + 27, at + 27 + count).reduce((sum, part) => sum + part, 27 + count)
  const missing = at + length - tail.length
  return missing > 0 ? `its last page goes on for ${missing} bytes more` : null
}

const PACKET_BYTES = 188

/** A transport stream has no end, but whole packets (ISO/IEC 13818-1): a part of one was cut off. */
const packetEnd = (sizeBytes: number): string | null =>
  sizeBytes % PACKET_BYTES === 0 ? null : 'its last packet is incomplete'
