/** The language of this room: what a clip is, how it may stand, what is found out about a source. Pure. */

export const CLIP_STATES = ['waiting', 'running', 'paused', 'done', 'failed', 'cancelled'] as const
export type ClipState = (typeof CLIP_STATES)[number]

export const JOB_STATES = ['waiting', 'running', 'paused', 'done', 'failed', 'cancelled'] as const
export type JobState = (typeof JOB_STATES)[number]

/** What a clip goes through, in this order; a plan leaves out what it does not need. */
export const STEPS = ['look', 'analyse', 'render', 'check'] as const
export type StepName = (typeof STEPS)[number]

export interface StepTime {
  name: StepName
  ms: number
  /** Its result lay there from an earlier try. */
  isKept: boolean
}

/** A piece of a source, in seconds of the source. */
export interface Segment {
  fromSeconds: number
  toSeconds: number
}

export interface Size {
  width: number
  height: number
}

/** What matters about a source, as it is shown: after rotation, with square pixels. */
export interface SourceFacts extends Size {
  durationSeconds: number
  /** Frames per second; the average where they vary. 0 where nobody knows. */
  fps: number
  hasVariableRate: boolean
  isHdr: boolean
  /** As stored: needs turning or stretching when it is shown. */
  isTurned: boolean
  videoCodec: string
  pixelFormat: string
  audio: { codec: string; channels: number; sampleRate: number } | null
  bytes: number
}

/** Adds the lengths of all pieces. */
export const lengthOf = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { fromSeconds, toSeconds }) => sum + toSeconds - fromSeconds, 0)

/** The state of a job, told by those of its clips. A paused or cancelled job is what the person made it. */
export function jobStateOf(counts: Partial<Record<ClipState, number>>): JobState {
  const { waiting = 0, running = 0, paused = 0, failed = 0, cancelled = 0, done = 0 } = counts
  if (running > 0) return 'running'
  if (waiting > 0) return done + failed > 0 ? 'running' : 'waiting'
  if (paused > 0) return 'paused'
  if (failed > 0) return 'failed'
  if (cancelled > 0) return 'cancelled'
  return 'done'
}

/** `83.5`, `"1:23.5"` or `"00:01:23.500"` in seconds. */
export function secondsOf(time: number | string): number {
  if (typeof time === 'number') return time
  return time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
}

/** Seconds as a person reads them: `1:23.5`. */
export function clockTime(seconds: number): string {
  const whole = Math.floor(seconds / 60)
  const rest = Math.round((seconds - whole * 60) * 1000) / 1000
  return `${whole}:${rest < 10 ? '0' : ''}${rest}`
}
