export const path = '/api/media-metadata'
/** What live patches of batches are called; their rows are named by `batchId`. */
export const batchTopic = { topic: `media-metadata/batches`, rowKey: 'batchId' }
export const filePath = (fileId: string) => `${path}/files/${encodeURIComponent(fileId)}`
export const batchPath = (batchId: string) => `${path}/batches/${encodeURIComponent(batchId)}`
