import { open } from 'node:fs/promises'
import type { Size } from './clips.ts'
import type { Probed } from './media.ts'

/** What a finished file must be. */
export interface Expected {
  size: Size
  durationSeconds: number
  fpsLeast: number
  hasAudio: boolean
  /** Encoded by us: our profile. A copied picture keeps its own. */
  isEncoded: boolean
}

/** Where it differs from what was promised, in sentences; none when it is right. */
export function mismatches({ facts, profile }: Probed, isFast: boolean, expected: Expected): string[] {
  const { size, durationSeconds, fpsLeast, hasAudio, isEncoded } = expected
  const wrong: string[] = []
  const must = (holds: boolean, says: string) => {
    if (!holds) wrong.push(says)
  }
  must(facts.videoCodec === 'h264', `the picture is ${facts.videoCodec || 'missing'}, not H.264`)
  if (isEncoded) must(profile === 'High', `its profile is ${profile}, not High`)
  must(facts.pixelFormat === 'yuv420p', `its pixels are ${facts.pixelFormat}, not yuv420p`)
  must(
    facts.width === size.width && facts.height === size.height,
    `it is ${facts.width}x${facts.height}, not ${size.width}x${size.height}`,
  )
  must(facts.fps >= fpsLeast - 0.01, `it has ${facts.fps.toFixed(2)} frames a second, fewer than ${fpsLeast}`)
  if (hasAudio) must(facts.audio?.codec === 'aac', `its sound is ${facts.audio?.codec ?? 'missing'}, not AAC`)
  const allowed = Math.max(0.3, durationSeconds * 0.01)
  must(
    Math.abs(facts.durationSeconds - durationSeconds) <= allowed,
    `it lasts ${facts.durationSeconds.toFixed(2)} s, not ${durationSeconds.toFixed(2)} s`,
  )
  must(isFast, 'it cannot play before it is loaded (its index is at the end)')
  return wrong
}

/** Whether the index (`moov`) stands before the data (`mdat`). Source: ISO/IEC 14496-12, boxes of size and type. */
export async function startsFast(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const head = Buffer.alloc(16)
    for (let at = 0, boxes = 0; boxes < 100; boxes++) {
      const { bytesRead } = await file.read(head, 0, 16, at)
      if (bytesRead < 16) return false
      const type = head.toString('latin1', 4, 8)
      if (type === 'moov') return true
      if (type === 'mdat') return false
      const small = head.readUInt32BE(0)
      const size = small === 1 ? Number(head.readBigUInt64BE(8)) : small
      if (size < 8) return false
      at += size
    }
    return false
  } finally {
    await file.close()
  }
}
