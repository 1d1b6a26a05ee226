/** EBU R128 in two passes: measured first, then set with what was measured (ffmpeg's `loudnorm`). */
export interface LoudnessGoal {
  lufs: number
  truePeakDb: number
}

export interface Measured {
  lufs: number
  truePeakDb: number
  rangeLu: number
  thresholdLufs: number
  offsetDb: number
}

export const LOUDNESS: LoudnessGoal = { lufs: -16, truePeakDb: -1.5 }
/** Wider than any speech or music: the range is not what we want to change. */
const RANGE_LU = 20

export function goalOf(
  ask: boolean | { lufs?: number | undefined; truePeakDb?: number | undefined } | undefined,
): LoudnessGoal | null {
  if (!ask) return null
  if (ask === true) return LOUDNESS
  return { lufs: ask.lufs ?? LOUDNESS.lufs, truePeakDb: ask.truePeakDb ?? LOUDNESS.truePeakDb }
}

export const measuring = ({ lufs, truePeakDb }: LoudnessGoal): string =>
  `loudnorm=I=${lufs}:TP=${truePeakDb}:LRA=${RANGE_LU}:print_format=json`

/** The JSON that the measuring pass ends with; null for silence, which has no loudness. */
export function measuredIn(log: string): Measured | null {
  const text = /\{[^{}]*"input_i"[^{}]*\}/.exec(log)?.[0]
  if (!text) return null
  const said = JSON.parse(text) as Record<string, string>
  const number = (key: string) => Number(said[key])
  const measured = {
    lufs: number('input_i'),
    truePeakDb: number('input_tp'),
    rangeLu: number('input_lra'),
    thresholdLufs: number('input_thresh'),
    offsetDb: number('target_offset'),
  }
  return Number.isFinite(measured.lufs) && measured.lufs > -70 ? measured : null
}

/**
 * The second pass. Where one gain for all does it without passing the peak, it is that gain: nothing is squeezed and
 * nothing resampled. Otherwise loudnorm with the measured values, which holds the peaks.
 */
export function setting(goal: LoudnessGoal, measured: Measured): string {
  const gainDb = goal.lufs - measured.lufs
  if (measured.truePeakDb + gainDb <= goal.truePeakDb) return `volume=${gainDb.toFixed(2)}dB`
  const { lufs, truePeakDb, rangeLu, thresholdLufs, offsetDb } = measured
  return `loudnorm=I=${goal.lufs}:TP=${goal.truePeakDb}:LRA=${RANGE_LU}:measured_I=${lufs}:measured_TP=${truePeakDb}:measured_LRA=${rangeLu}:measured_thresh=${thresholdLufs}:offset=${offsetDb}:linear=true,aresample=48000`
}
