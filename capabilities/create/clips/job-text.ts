import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import { type Complaints, complaints, type Place } from './complaint.ts'
import { JobFile } from './job-file.ts'

export const JOB_TEXT_MAX = 900_000

const check = new Ajv2020({ allErrors: true, verbose: true, strict: false }).compile(JobFile)

export interface ReadJob {
  /** Null when there are errors. */
  job: JobFile | null
  complaints: Complaints
}

/** Reads YAML (JSON is a part of it) and checks it against the schema; every complaint has its line and column. */
export function readJobText(text: string): ReadJob {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const place = placeIn(document, lines)
  const found = complaints(place)
  for (const error of document.errors) {
    const { line, col } = lines.linePos(error.pos[0])
    found.errorAt(line, col, 'syntax', error.message)
  }
  if (found.hasErrors) return { job: null, complaints: found }
  return checked(toPlain(document, found), found)
}

/** A job that came as JSON over the API: no lines to name. */
export const readJobValue = (value: unknown): ReadJob =>
  checked(
    value,
    complaints(() => ({ line: null, column: null })),
  )

function toPlain(document: ReturnType<typeof parseDocument>, found: Complaints): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 })
  } catch {
    found.error('', 'syntax', 'It refers to itself too often (aliases)')
    return null
  }
}

function checked(value: unknown, found: Complaints): ReadJob {
  if (found.hasErrors) return { job: null, complaints: found }
  if (check(value)) return { job: value as JobFile, complaints: found }
  for (const error of worthTelling(check.errors ?? [])) tell(found, error)
  return { job: null, complaints: found }
}

/** Of a choice that fits in no way, one sentence is enough. */
function worthTelling(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = errors.filter(({ keyword }) => keyword === 'anyOf').map(({ instancePath }) => instancePath)
  return errors.filter(
    ({ keyword, instancePath }) => keyword === 'anyOf' || !choices.some((path) => instancePath === path),
  )
}

function tell(
  found: Complaints,
  { keyword, instancePath, params, message, parentSchema, data }: ErrorObject,
): void {
  const name = instancePath.split('/').at(-1) ?? ''
  if (keyword === 'additionalProperties') {
    const known = Object.keys((parentSchema as { properties?: object }).properties ?? {})
    const word = String(params['additionalProperty'])
    const near = known.find((one) => one.toLowerCase().startsWith(word.slice(0, 3).toLowerCase()))
    found.error(
      `${instancePath}/${escapedKey(word)}`,
      'unknown-word',
      `"${word}" is not known here`,
      near ? `Perhaps "${near}"; there are ${known.join(', ')}.` : `There are ${known.join(', ')}.`,
    )
  } else if (keyword === 'required') {
    found.error(instancePath, 'missing-word', `"${params['missingProperty']}" is missing`)
  } else if (keyword === 'enum') {
    found.error(
      instancePath,
      'bad-value',
      `${name} cannot be ${JSON.stringify(data)}`,
      `It is one of ${(params['allowedValues'] as string[]).join(', ')}.`,
    )
  } else if (keyword === 'anyOf') {
    found.error(
      instancePath,
      'bad-value',
      `${name} cannot be ${JSON.stringify(data)}`,
      (parentSchema as { description?: string }).description,
    )
  } else {
    const says = (parentSchema as { description?: string }).description
    found.error(instancePath, 'bad-value', `${name || 'the job'}: ${message ?? 'is not valid'}`, says)
  }
}

const escapedKey = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')

/** The node of a path, or of the longest part of it that is there. */
function placeIn(document: ReturnType<typeof parseDocument>, lines: LineCounter): Place {
  return (path) => {
    const keys = path
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    let node: unknown = document.contents
    let offset = (node as Node | null)?.range?.[0] ?? 0
    for (const key of keys) {
      if (isMap(node)) {
        const pair = node.items.find((item) => (isScalar(item.key) ? String(item.key.value) === key : false))
        if (!pair) break
        offset = (pair.key as Node).range?.[0] ?? offset
        node = pair.value
      } else {
        node = (node as { items?: unknown[] } | null)?.items?.[Number(key)]
        if (!node) break
        offset = (node as Node).range?.[0] ?? offset
      }
    }
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
}
