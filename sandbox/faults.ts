import { dice, pick } from './random.ts'

type ScriptStep = {
  /** Start of the path this step waits for. */
  match: string
  /** How many matching requests it applies to. */
  times: number
  /** How many matching requests it lets pass first. */
  after?: number
  status?: number
  code?: number
  action?: 'drop' | 'dropAfter' | 'double' | 'emptyToken' | 'slow'
  slowMs?: number
}
type WebhookFaults = {
  dropRate: number
  doubleRate: number
  reorderRate: number
  delayMs: number
  /** Doudian only: a false message with a wrong signature beside the true one. */
  forgeRate: number
}
/** All rates are 0..1. Nothing is wrong by default. */
type Faults = {
  /** Starts of paths the rates apply to; empty = every vendor endpoint. */
  endpoints: string[]
  /** The connection is cut before anything was done. */
  dropRate: number
  /** The work is done, then the connection is cut. */
  dropAfterRate: number
  /** The work is done twice, the first answer is given. */
  doubleRate: number
  errorRate: number
  /** What errorRate picks from: platform codes, or an HTTP status below 600. */
  errorCodes: number[]
  slowRate: number
  slowMs: number
  http429Rate: number
  retryAfterSeconds: number
  /** Token endpoints answer success with an empty access_token. */
  emptyToken: boolean
  /** `/api/douyin/v1/` uses the gateway's 2800xxxx codes. */
  gatewayCodes: boolean
  webhook: WebhookFaults
  script: ScriptStep[]
}
export type FaultPatch = Partial<Omit<Faults, 'webhook'>> & { webhook?: Partial<WebhookFaults> }

export type Verdict = {
  slowMs: number
  double: boolean
  dropAfter: boolean
  emptyToken: boolean
  instead?: { drop: true } | { status: number } | { code: number } | { retryAfterSeconds: number }
}

const calm: Faults = {
  endpoints: [],
  dropRate: 0,
  dropAfterRate: 0,
  doubleRate: 0,
  errorRate: 0,
  errorCodes: [500, 2100004, 10001],
  slowRate: 0,
  slowMs: 500,
  http429Rate: 0,
  retryAfterSeconds: 1,
  emptyToken: false,
  gatewayCodes: false,
  webhook: { dropRate: 0, doubleRate: 0, reorderRate: 0, delayMs: 0, forgeRate: 0 },
  script: [],
}

export type FaultBox = ReturnType<typeof faultBox>

/** Decides, by seeded dice, what goes wrong with each request. Setting the faults starts the dice anew. */
export function faultBox(seed: number) {
  let faults: Faults = calm
  let roll = dice(`faults/${seed}`)
  const happens = (rate: number) => rate > 0 && roll() < rate

  return {
    get: () => faults,
    /** Replaces all of it: what the patch leaves out is calm again. */
    set(patch: FaultPatch) {
      const script = (patch.script ?? []).map((step) => ({ ...step }))
      faults = { ...calm, ...patch, webhook: { ...calm.webhook, ...patch.webhook }, script }
      roll = dice(`faults/${seed}`)
    },
    decide(path: string): Verdict {
      const verdict: Verdict = { slowMs: 0, double: false, dropAfter: false, emptyToken: faults.emptyToken }
      const step = nextStep(faults.script, path)
      if (step) return scripted(step, verdict)
      if (faults.endpoints.length > 0 && !faults.endpoints.some((start) => path.startsWith(start)))
        return verdict
      if (happens(faults.slowRate)) verdict.slowMs = faults.slowMs
      if (happens(faults.dropRate)) return { ...verdict, instead: { drop: true } }
      if (happens(faults.http429Rate)) {
        return { ...verdict, instead: { retryAfterSeconds: faults.retryAfterSeconds } }
      }
      if (happens(faults.errorRate)) return { ...verdict, instead: failure(pick(roll, faults.errorCodes)) }
      verdict.double = happens(faults.doubleRate)
      verdict.dropAfter = happens(faults.dropAfterRate)
      return verdict
    },
    webhook: () => ({
      drop: happens(faults.webhook.dropRate),
      double: happens(faults.webhook.doubleRate),
      reorder: happens(faults.webhook.reorderRate),
      delayMs: faults.webhook.delayMs > 0 ? Math.round(roll() * faults.webhook.delayMs) : 0,
    }),
    forged: () => happens(faults.webhook.forgeRate),
  }
}

const failure = (code: number) => (code < 600 ? { status: code } : { code })

function nextStep(script: ScriptStep[], path: string): ScriptStep | undefined {
  for (const step of script) {
    if (step.times <= 0 || !path.startsWith(step.match)) continue
    if (step.after) {
      step.after--
      continue
    }
    step.times--
    return step
  }
}

function scripted(step: ScriptStep, verdict: Verdict): Verdict {
  if (step.slowMs) verdict.slowMs = step.slowMs
  if (step.action === 'drop') return { ...verdict, instead: { drop: true } }
  if (step.status !== undefined) return { ...verdict, instead: { status: step.status } }
  if (step.code !== undefined) return { ...verdict, instead: { code: step.code } }
  verdict.double = step.action === 'double'
  verdict.dropAfter = step.action === 'dropAfter'
  verdict.emptyToken ||= step.action === 'emptyToken'
  return verdict
}
