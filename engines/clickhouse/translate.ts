import { fault, isFault } from '#kernel/fault.ts'

/** Codes that pass: network, timeouts, too many queries or parts, memory, disk, replicas. Source: ClickHouse's ErrorCodes.cpp. */
const PASSING = new Set([159, 160, 164, 202, 203, 209, 210, 241, 242, 243, 252, 279, 285, 319, 425, 439, 999])
/** Unknown user, wrong password, access denied, authentication failed, not enough rights. */
const REFUSING = new Set([192, 193, 194, 291, 492, 497, 516])

/** ClickHouse's error as a fault. What it said stays private: it may quote the data. */
export function warehouseFault(error: unknown): unknown {
  if (isFault(error) || !(error instanceof Error)) return error
  const code = codeOf(error)
  const cause = { cause: error }
  if (code === undefined)
    return fault('unavailable', 'warehouse/away', 'The warehouse cannot be reached', cause)
  if (PASSING.has(code))
    return fault('unavailable', 'warehouse/busy', 'The warehouse cannot do this right now', cause)
  if (REFUSING.has(code))
    return fault('denied', 'warehouse/credentials', 'The warehouse refused our credentials', cause)
  return fault('invalid', 'warehouse/refused', `The warehouse refused the statement (code ${code})`, cause)
}

function codeOf(error: Error): number | undefined {
  const { clickhouseCode, code } = error as { clickhouseCode?: number; code?: string }
  const said = clickhouseCode ?? (/^\d+$/.test(code ?? '') ? code : /Code: (\d+)/.exec(error.message)?.[1])
  return said === undefined ? undefined : Number(said)
}
