import type { Readable } from 'node:stream'
import { Type } from 'typebox'
import { fault } from '#kernel/fault.ts'
import type { App } from '#kernel/http.ts'
import { UploadSchema } from './schemas.ts'
import type { Upload } from './store.ts'
import { PIECE_BYTES, type UploadFolder } from './upload-folder.ts'

/** Files come in pieces: an upload survives a lost connection, and no request takes longer than the server waits. */
export function uploadRoutes(app: App, uploads: UploadFolder): void {
  // The body stays a stream: it goes to the disk as it comes.
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
  const Params = Type.Object({ uploadId: Type.String() })

  app.post(
    '/uploads',
    {
      schema: {
        summary: 'Announce a file; then PUT its pieces',
        body: Type.Object({
          fileName: Type.String({ minLength: 1, maxLength: 255 }),
          sizeBytes: Type.Integer({ minimum: 1 }),
        }),
        response: { 201: UploadSchema },
      },
    },
    async ({ principal, body }, reply) => {
      reply.code(201)
      const plain = body.fileName.split(/[/\\]/).at(-1) || 'upload'
      return shown(await uploads.open(principal.workspaceId, plain, body.sizeBytes))
    },
  )

  app.put(
    '/uploads/:uploadId',
    {
      bodyLimit: PIECE_BYTES,
      schema: {
        summary: 'The next piece, as application/octet-stream',
        params: Params,
        querystring: Type.Object({ offset: Type.Integer({ default: 0, minimum: 0 }) }),
        response: { 200: UploadSchema },
      },
    },
    async ({ principal, params, query, body }) =>
      shown(await uploads.append(principal.workspaceId, params.uploadId, query.offset, streamOf(body))),
  )
}

function streamOf(body: unknown): Readable {
  if (body && typeof (body as Readable).pipe === 'function') return body as Readable
  throw fault('invalid', 'media-metadata/body', 'Send the piece as application/octet-stream', { status: 415 })
}

const shown = (upload: Upload) => ({
  ...upload,
  pieceBytes: PIECE_BYTES,
  source: upload.receivedBytes === upload.sizeBytes ? `upload:${upload.uploadId}` : null,
})
