import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { isMediaName } from './sources.ts'

/** No request takes longer than the server waits: a file comes in pieces. */
export const PIECE_BYTES = 8 * 1024 * 1024

export interface Piece {
  name: string
  /** Of the whole file. */
  sizeBytes: number
  /** Where this piece begins; 0 begins anew. */
  offset: number
  bytes: Readable
}

export interface Uploads {
  /** Files of one workspace lie in a folder of its own. */
  folderOf(workspace: WorkspaceId): string
  /** Takes the next piece; answers with how much is there, and with the path when that is all. */
  append(workspace: WorkspaceId, piece: Piece): Promise<{ receivedBytes: number; path: string | null }>
}

export function uploads(folder: string, quotaBytes: number): Uploads {
  const folderOf = (workspace: WorkspaceId) => join(folder, workspace)
  return {
    folderOf,
    async append(workspace, { name, sizeBytes, offset, bytes }) {
      if (!isMediaName(name) || /[/\\\0]/.test(name) || name.startsWith('.')) {
        const cure = 'Videos, sounds, pictures and subtitles can be used.'
        throw fault(
          'invalid',
          'clips/upload-name',
          `A file called ${name || extname(name)} cannot be used here`,
          { cure },
        )
      }
      const own = folderOf(workspace)
      await mkdir(own, { recursive: true })
      const part = join(own, `.${name}.upload`)
      const there = offset === 0 ? 0 : await sizeOf(part)
      if (there !== offset) {
        throw fault('conflict', 'clips/upload-offset', `${there} bytes of it are there: go on from there`, {
          field: 'offset',
        })
      }
      if (offset === 0 && (await totalOf(own)) + sizeBytes > quotaBytes) {
        throw fault('limited', 'clips/upload-quota', `All uploads together may have ${quotaBytes} bytes`)
      }
      await pipeline(bytes, createWriteStream(part, { flags: offset === 0 ? 'w' : 'a' }))
      const receivedBytes = await sizeOf(part)
      if (receivedBytes > sizeBytes)
        throw fault('invalid', 'clips/upload-size', 'It is longer than was announced')
      if (receivedBytes < sizeBytes) return { receivedBytes, path: null }
      const path = join(own, name)
      await rename(part, path)
      return { receivedBytes, path }
    },
  }
}

const sizeOf = (path: string) =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

async function totalOf(folder: string): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map((name) => sizeOf(join(folder, name))))
  return sizes.reduce((sum, size) => sum + size, 0)
}
