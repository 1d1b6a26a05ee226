import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Clock } from '#kernel/clock.ts'
import { fault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Upload, Uploads } from './store.ts'

/** What one request carries at most: a slow line must be done within the server's time for a request. */
export const PIECE_BYTES = 16 * 1024 * 1024

export interface UploadFolder {
  open(workspaceId: WorkspaceId, fileName: string, sizeBytes: number): Promise<Upload>
  /** Appends a piece that begins at `offset`; how far the upload is then. */
  append(workspaceId: WorkspaceId, uploadId: string, offset: number, body: Readable): Promise<Upload>
  /** A finished upload's file. */
  find(workspaceId: WorkspaceId, uploadId: string): Promise<{ path: string; fileName: string } | null>
  expire(beforeMs: number): Promise<void>
}

interface Options {
  uploads: Uploads
  folder: string
  maxBytes: number
  quotaBytes: number
  clock: Clock
}

/** Files of people in a folder of ours, under names of ours: theirs never touch a path. */
export function uploadFolder({ uploads, folder, maxBytes, quotaBytes, clock }: Options): UploadFolder {
  const pathOf = (uploadId: string) => join(folder, uploadId)
  const known = async (workspaceId: WorkspaceId, uploadId: string) => {
    const upload = await uploads.find(workspaceId, uploadId)
    if (!upload) throw fault('missing', 'media-metadata/no-upload', 'There is no such upload')
    return upload
  }
  return {
    async open(workspaceId, fileName, sizeBytes) {
      if (sizeBytes > maxBytes)
        throw fault('invalid', 'media-metadata/too-large', `A file may have ${maxBytes} bytes`, {
          status: 413,
        })
      await mkdir(folder, { recursive: true })
      const upload = await uploads.open(workspaceId, { fileName, sizeBytes, quotaBytes }, clock.now())
      if (!upload)
        throw fault('limited', 'media-metadata/uploads-full', 'There is no room left for uploads', {
          cure: 'Older uploads are removed by themselves; MEDIA_METADATA_UPLOADS_GB makes more room.',
          retryAfterMs: 3_600_000,
        })
      return upload
    },
    async append(workspaceId, uploadId, offset, body) {
      const upload = await known(workspaceId, uploadId)
      if (offset !== upload.receivedBytes)
        throw fault('conflict', 'media-metadata/offset', `The upload goes on at ${upload.receivedBytes}`)
      const most = Math.min(PIECE_BYTES, upload.sizeBytes - offset)
      const bytes = await written(pathOf(uploadId), offset, body, most)
      if (!(await uploads.received(workspaceId, uploadId, offset, offset + bytes)))
        throw fault('conflict', 'media-metadata/offset', 'Another request has sent the same piece')
      return { ...upload, receivedBytes: offset + bytes }
    },
    async find(workspaceId, uploadId) {
      const upload = await uploads.find(workspaceId, uploadId)
      return upload && upload.receivedBytes === upload.sizeBytes
        ? { path: pathOf(upload.uploadId), fileName: upload.fileName }
        : null
    },
    async expire(beforeMs) {
      for (const uploadId of await uploads.expire(beforeMs, 10_000))
        await rm(pathOf(uploadId), { force: true })
    },
  }
}

async function written(path: string, offset: number, body: Readable, most: number): Promise<number> {
  const file = await open(path, offset === 0 ? 'w' : 'r+', 0o600)
  let bytes = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (bytes + chunk.length > most)
        throw fault('invalid', 'media-metadata/too-large', `This piece may have ${most} bytes`, {
          status: 413,
        })
      await file.write(chunk, 0, chunk.length, offset + bytes)
      bytes += chunk.length
    }
    return bytes
  } finally {
    await file.close()
  }
}
