import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Removes the files below a folder that were written before; what is gone already is no matter. */
export async function sweep(folder: string, beforeMs: number): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const seen = await stat(path).catch(() => null)
    if (seen && seen.mtimeMs < beforeMs) await rm(path, { force: true })
  }
}
