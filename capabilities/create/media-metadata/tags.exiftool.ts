import type { TagReader } from '#engines/exiftool/exiftool.ts'
import type { Tags } from './prober.ts'

export const exiftoolTags = (reader: TagReader): Tags => ({
  read: (path, signal) => reader.read(path, signal ? { signal } : {}),
})
