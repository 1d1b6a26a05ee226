import { opendir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'

export interface SourceFile {
  path: string
  bytes: number
  modifiedAtMs: number
}

const KINDS = new Set(
  '.mp4 .mov .m4v .mkv .webm .avi .flv .ts .mpg .mpeg .wmv .3gp .srt .ass .vtt .png .jpg .jpeg .webp .mp3 .m4a .wav .aac .flac'.split(
    ' ',
  ),
)
/** Whether a file of this name can be anything that a job uses. */
export const isMediaName = (name: string): boolean => KINDS.has(extname(name).toLowerCase())

const LOOKED_AT_MAX = 20_000
const DEPTH_MAX = 6

/** Files that a job may name, for the editor: in the allowed folders, by name, at most `limit`. */
export async function sourcesIn(roots: readonly string[], q: string, limit: number): Promise<SourceFile[]> {
  const wanted = q.toLowerCase()
  const found: string[] = []
  let looked = 0
  const walk = async (folder: string, depth: number): Promise<void> => {
    const list = await opendir(folder).catch(() => null)
    if (!list) return
    const folders: string[] = []
    for await (const entry of list) {
      if (++looked > LOOKED_AT_MAX || found.length >= limit) break
      const path = join(folder, entry.name)
      if (entry.name.startsWith('.')) continue
      if (entry.isDirectory() && depth < DEPTH_MAX) folders.push(path)
      else if (entry.isFile() && isMediaName(entry.name) && path.toLowerCase().includes(wanted))
        found.push(path)
    }
    for (const one of folders) if (looked <= LOOKED_AT_MAX && found.length < limit) await walk(one, depth + 1)
  }
  for (const root of roots) await walk(root, 0)
  const files = await Promise.all(
    found.sort().map(async (path) => {
      const info = await stat(path).catch(() => null)
      return info ? { path, bytes: info.size, modifiedAtMs: Math.floor(info.mtimeMs) } : null
    }),
  )
  return files.filter((file) => file !== null)
}
