import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { GrantState } from '#sandbox/douyin/grants.ts'

/** The grants of the last run, or nothing where there was none. */
export function readState(path: string | undefined): GrantState | undefined {
  if (!path) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

// A few kilobytes, a few times a day: written at once and whole, so that a killed sandbox forgets nothing.
export function saveState(path: string | undefined, state: GrantState) {
  if (!path) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, JSON.stringify(state))
  renameSync(`${path}.new`, path)
}
