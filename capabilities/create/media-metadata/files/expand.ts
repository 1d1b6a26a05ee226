import type { Dirent } from 'node:fs'
import { glob, opendir, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { fault } from '#kernel/fault.ts'
import { isWithin, type Reach, reached } from '#kernel/paths.ts'

/** One thing to look at: a path of this machine, a link, or an upload. */
export interface Item {
  kind: 'path' | 'url' | 'upload'
  location: string
}

export const kindOf = (source: string): Item['kind'] =>
  /^https?:\/\//i.test(source) ? 'url' : /^upload:/.test(source) ? 'upload' : 'path'

const isPattern = (path: string) => /[*?[{]/.test(path)

/** The part of a pattern before its first star: what access is asked for. */
const fixedPart = (pattern: string): string =>
  isPattern(pattern) ? dirname(`${pattern.slice(0, pattern.search(/[*?[{]/))}x`) : pattern

/**
 * Refuses at once what its name alone puts outside; links are followed when the file is looked at.
 * @throws denied `media-metadata/outside`, invalid `media-metadata/relative`, `media-metadata/bad-path`.
 */
export function checkedSource(source: string, { roots, isAnywhere }: Reach): void {
  if (kindOf(source) !== 'path') return
  if (source.includes('\0'))
    throw fault('invalid', 'media-metadata/bad-path', 'A path with a NUL in it is none')
  if (!isAbsolute(source))
    throw fault('invalid', 'media-metadata/relative', `"${source}" is not an absolute path`, {
      field: 'sources',
    })
  // A pattern may not climb out behind its first star.
  const climbs = /[*?[{].*\.\./.test(source)
  if (isAnywhere || (!climbs && roots.some((root) => isWithin(root, fixedPart(source))))) return
  throw fault('denied', 'media-metadata/outside', `"${source}" lies outside the folders that may be read`, {
    field: 'sources',
    cure: 'Add its folder to MEDIA_METADATA_ROOTS, upload the file, or use `doubloon probe` on this machine.',
  })
}

/**
 * All items of the sources, each once, in the order in which they are found: folders as all files below them, patterns
 * as what they match. A name that exists wins over the pattern it could be. Linked folders are not walked into.
 */
export async function* expanded(
  sources: readonly string[],
  reach: Reach,
  most: number,
): AsyncGenerator<Item> {
  const seen = new Set<string>()
  for (const source of sources) {
    for await (const item of of(source, reach)) {
      if (seen.has(item.location)) continue
      seen.add(item.location)
      yield item
      if (seen.size >= most) return
    }
  }
}

async function* of(source: string, reach: Reach): AsyncGenerator<Item> {
  const kind = kindOf(source)
  if (kind !== 'path') return yield { kind, location: source }
  const found = await stat(source).catch(() => null)
  if (found?.isDirectory()) {
    const real = await reached(source, '/', reach)
    // A folder that is a link to outside stays one item: it is refused by its name.
    return real === null ? yield { kind, location: source } : yield* walk(source)
  }
  if (found || !isPattern(source)) return yield { kind, location: source }
  let count = 0
  for await (const path of matched(source)) {
    count++
    yield { kind, location: path }
  }
  if (count === 0) yield { kind, location: source }
}

async function* matched(pattern: string): AsyncGenerator<string> {
  for await (const entry of glob(pattern, { withFileTypes: true })) {
    if (!(entry as Dirent).isDirectory()) yield join((entry as Dirent).parentPath, (entry as Dirent).name)
  }
}

/** Names sorted, so that two runs see the same order. A folder that may not be read is an item: it is told as such. */
async function* walk(folder: string): AsyncGenerator<Item> {
  let entries: Dirent[]
  try {
    entries = []
    for await (const entry of await opendir(folder)) entries.push(entry)
  } catch {
    return yield { kind: 'path', location: folder }
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* walk(path)
    else yield { kind: 'path', location: path }
  }
}
