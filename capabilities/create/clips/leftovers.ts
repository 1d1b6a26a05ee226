import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Removes what lies in a folder and has not been touched since; of what goes on, the files are young. */
export async function sweep(folder: string, beforeMs: number): Promise<number> {
  let swept = 0
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name)
    const info = await stat(path).catch(() => null)
    if (!info || info.mtimeMs >= beforeMs) continue
    await rm(path, { recursive: true, force: true })
    swept++
  }
  return swept
}
