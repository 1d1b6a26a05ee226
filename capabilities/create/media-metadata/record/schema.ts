import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import type { MediaRecord } from '#capabilities/create/media-metadata/media-metadata.ts'

/** The record's JSON Schema, as it lies in the repository and at `/api/media-metadata/schema`. */
export const recordSchema = JSON.parse(
  readFileSync(join(import.meta.dirname, 'media-record.v1.schema.json'), 'utf8'),
) as Record<string, unknown>

const ajv = new Ajv({ allowUnionTypes: true })
formats.default(ajv)
const isRecord = ajv.compile(recordSchema)

/** No record that breaks its published schema reaches the ledger; a break is a bug of ours and named as one. */
export function checked(record: MediaRecord): MediaRecord {
  if (isRecord(record)) return record
  throw new Error(`the record breaks its schema: ${ajv.errorsText(isRecord.errors, { dataVar: 'record' })}`)
}

const ORDER = Object.keys(recordSchema['properties'] as object) as (keyof MediaRecord)[]

/** The fields in the order of the schema: the ledger keeps them in an order of its own. */
export const inOrder = (record: MediaRecord): MediaRecord =>
  Object.fromEntries(ORDER.map((field) => [field, record[field]])) as unknown as MediaRecord
