import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fault } from '#kernel/fault.ts'

/** Where a running platform can be found, and the key that the command line uses. Readable by its user only. */
export interface RunFile {
  pid: number
  url: string
  key: string
}

const fileIn = (data: string) => join(data, 'platform.json')

/** The platform that runs on this data folder, or null when none answers. */
export async function findRunning(data: string): Promise<RunFile | null> {
  let found: RunFile
  try {
    found = JSON.parse(readFileSync(fileIn(data), 'utf8'))
    process.kill(found.pid, 0)
  } catch {
    return null
  }
  const answer = await fetch(`${found.url}/healthz`, { signal: AbortSignal.timeout(3_000) }).catch(() => null)
  return answer?.ok ? found : null
}

/** One platform per data folder: the embedded engines belong to one process. */
export async function refuseSecond(data: string): Promise<void> {
  const running = await findRunning(data)
  if (!running) return
  throw fault(
    'conflict',
    'platform/running',
    `A platform already runs on ${data}, at ${running.url} (process ${running.pid})`,
    {
      cure: 'Use that one, stop it, or set DOUBLOON_DATA to another folder.',
    },
  )
}

export function writeRunFile(data: string, run: RunFile): () => void {
  mkdirSync(dirname(fileIn(data)), { recursive: true })
  writeFileSync(fileIn(data), JSON.stringify(run), { mode: 0o600 })
  return () => rmSync(fileIn(data), { force: true })
}
