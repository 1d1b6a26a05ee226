export type Json = Record<string, unknown>

/** What an answer says, whichever of the two envelopes it came in. */
export interface Said {
  /** 0 on success; null when there is no envelope in it. */
  code: number | null
  description: string
  logId: string | null
  data: Json
}

const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
const object = (value: unknown): Json => (isObject(value) ? value : {})

/** The platform writes numbers as numbers and as strings, even in one answer. */
export function number(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const n = Number(value)
  return Number.isFinite(n) ? n : undefined
}

/**
 * Reads family A (`data.error_code`, `extra.error_code`, `extra.sub_error_code`) and family B (`err_no`). The first code
 * that is not zero wins; a success needs at least one code that says so, or the plain `data` of a token answer.
 */
export function readEnvelope(body: unknown): Said {
  if (!isObject(body)) return { code: null, description: '', logId: null, data: {} }
  const data = object(body['data'])
  const extra = object(body['extra'])
  const codes = [
    body['err_no'],
    body['error_code'],
    data['error_code'],
    extra['error_code'],
    extra['sub_error_code'],
  ].map(number)
  const bad = codes.find((code) => code !== undefined && code !== 0)
  const described = [
    body['err_msg'],
    data['description'],
    extra['description'],
    extra['sub_description'],
    body['message'],
  ]
  const text = (value: unknown): value is string => typeof value === 'string' && value !== ''
  return {
    code: bad ?? (codes.some((code) => code === 0) || isObject(body['data']) ? 0 : null),
    description: described.find(text) ?? '',
    logId: [body['log_id'], data['log_id'], extra['logid'], extra['log_id']].find(text) ?? null,
    data,
  }
}
