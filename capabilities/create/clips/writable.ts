import { randomBytes } from 'node:crypto'
import { open, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * Why no result can be made there, as the system says it (`EACCES`, `EROFS`); null when one can. Found out by making a file
 * in the folder, or in the nearest one that is there: what may be written is more than a matter of bits.
 */
export async function refusalOf(output: string): Promise<string | null> {
  const there = await stat(output).catch(() => null)
  if (there?.isDirectory()) return 'EISDIR'
  const trial = join(await nearest(dirname(output)), `.doubloon-${randomBytes(4).toString('hex')}`)
  try {
    await (await open(trial, 'wx')).close()
    await rm(trial, { force: true })
    return null
  } catch (error) {
    const { code = 'EIO' } = error as NodeJS.ErrnoException
    // A full disk has its own complaint, with numbers.
    return code === 'ENOSPC' ? null : code
  }
}

export async function nearest(folder: string): Promise<string> {
  const there = await stat(folder).catch(() => null)
  return there || dirname(folder) === folder ? folder : nearest(dirname(folder))
}
