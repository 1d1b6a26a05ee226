import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

/*
 * Folders of this process. Their names say whose they are, so that the next process of this machine can remove what one
 * that was killed left behind. (Containers may share the folder for temporary files: theirs have other names.)
 */

const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 6)
const NAME = /^doubloon-ffmpeg-(\w{6})-(\d+)-/
/** Of the dead, at one time; more are left to the next process. */
const SWEEP_MOST = 100

const mine: string[] = []

export function ownFolder(): string {
  if (mine.length === 0) sweepDead()
  const folder = mkdtempSync(join(tmpdir(), `doubloon-ffmpeg-${HOST}-${process.pid}-`))
  mine.push(folder)
  return folder
}

export function removeOwnFolders(): void {
  for (const folder of mine.splice(0)) rmSync(folder, { recursive: true, force: true })
}

function sweepDead(): void {
  try {
    const dead = readdirSync(tmpdir()).filter(isOfDead).slice(0, SWEEP_MOST)
    for (const name of dead) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  } catch {
    // Somebody else's, or gone in the meantime: no reason not to work.
  }
}

function isOfDead(name: string): boolean {
  const [, host, pid] = NAME.exec(name) ?? []
  if (host !== HOST || Number(pid) === process.pid) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
