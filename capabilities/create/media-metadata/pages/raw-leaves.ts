import type { Conflict } from '#capabilities/create/media-metadata/media-metadata.ts'

/** Whether a disputed value was believed. */
export type Mark = 'chosen' | 'other'
export interface Leaf {
  path: string
  text: string
  mark?: Mark | undefined
}

const MOST = 2_000

/** ffprobe's answer as lines, `streams.0.width`. Its tags are named without the number: `stream.width`. */
export function leavesOfStreams(said: unknown, conflicts: readonly Conflict[]): Leaf[] {
  const streams = (said as { streams?: { codec_type?: string }[] } | null)?.streams ?? []
  return leaves(said).map((leaf) => {
    const place = /^streams\.(\d+)\./.exec(leaf.path)
    const kind = place ? streams[Number(place[1])]?.codec_type : undefined
    const name = leaf.path.replace(/^streams\.\d+\./, 'stream.').replace(/\.\d+(?=\.)/g, '')
    return {
      ...leaf,
      mark: markOf(conflicts, 'ffprobe', [name, name.replace(/^stream\./, 'streams.')], kind),
    }
  })
}

/** What is disputed stands first. */
export const disputedFirst = (lines: readonly Leaf[]): Leaf[] =>
  lines.toSorted((a, b) => Number(b.mark !== undefined) - Number(a.mark !== undefined))

/** The tag reader's answer, whose names are the tags themselves. */
export const leavesOfTags = (said: unknown, conflicts: readonly Conflict[]): Leaf[] =>
  leaves((said as { tags?: unknown } | null)?.tags).map((leaf) => ({
    ...leaf,
    mark: markOf(conflicts, 'tags', [leaf.path]),
  }))

function markOf(
  conflicts: readonly Conflict[],
  side: 'ffprobe' | 'tags',
  names: string[],
  kind?: string,
): Mark | undefined {
  for (const { field, chosen, other } of conflicts) {
    // Both sorts of stream have a duration and a bit rate; a field is about one of them.
    if (kind !== undefined && kind !== (field.startsWith('audio') ? 'audio' : 'video')) continue
    const isHere = (from: string, tag: string) =>
      (from === 'ffprobe') === (side === 'ffprobe') && names.includes(tag)
    if (isHere(chosen.from, chosen.tag)) return 'chosen'
    if (isHere(other.from, other.tag)) return 'other'
  }
  return undefined
}

function leaves(value: unknown, path = '', found: Leaf[] = []): Leaf[] {
  if (found.length >= MOST || value === null || value === undefined) return found
  if (typeof value !== 'object') {
    found.push({ path, text: String(value) })
    return found
  }
  for (const [key, part] of Object.entries(value)) leaves(part, path ? `${path}.${key}` : key, found)
  return found
}
