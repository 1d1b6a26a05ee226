import { realpath } from 'node:fs/promises'
import { delimiter, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { Principal } from './auth.ts'

/** Which files of this machine somebody may name. */
export interface Reach {
  /** Absolute folders; what lies in them, links followed, is allowed. */
  roots: readonly string[]
  /** Everything is allowed: for the key of the command line on this machine, whose user could read the files anyway. */
  isAnywhere: boolean
}

/** Folders of a setting, separated like those of `PATH`. */
export const rootsOf = (setting: string): string[] =>
  setting
    .split(delimiter)
    .map((folder) => folder.trim())
    .filter(Boolean)
    .map((folder) => resolve(folder))

/** What a request may reach: the roots, and with the local key of the command line everything. */
export const reachOf = (roots: readonly string[], who: Principal): Reach => ({
  roots,
  isAnywhere: who.actor === 'key:local',
})

/**
 * The real path behind what somebody wrote, or null when it leaves what they may reach. A relative path counts from
 * `base`. Links are followed before the look, also for a file that is yet to be made: its folder decides.
 */
export async function reached(
  path: string,
  base: string,
  { roots, isAnywhere }: Reach,
): Promise<string | null> {
  if (path.includes('\0')) return null
  const wanted = isAbsolute(path) ? resolve(path) : resolve(base, path)
  const real = await realOf(wanted)
  if (isAnywhere) return real
  for (const root of roots) if (isWithin(await realOf(root), real)) return real
  return null
}

export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

/** The real path; of what does not exist yet, the real path of the nearest folder that does, and the rest as written. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const folder = dirname(path)
    return folder === path ? path : join(await realOf(folder), relative(folder, path))
  }
}
