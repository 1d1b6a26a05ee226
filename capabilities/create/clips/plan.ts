import { clockTime, lengthOf, type Segment, type SourceFacts, type StepName } from './clips.ts'
import { isPlainCut, type Order } from './order.ts'
import { enlargement, type Reframe, reframe } from './picture/reframe.ts'
import { presetNamed, rateOf } from './presets.ts'

/** How a clip will be made, as far as it is known before the work. */
export interface Plan {
  /** `copy`: packets as they are. `smart-cut`: only up to the next key frame is encoded. `encode`: one single pass. */
  mode: 'copy' | 'smart-cut' | 'encode'
  steps: StepName[]
  framing: Reframe
  fps: string
  /** Null when silence or scenes decide. */
  segments: Segment[] | null
  /** Of the result; at most, when it is yet to be found out. */
  durationSeconds: number
  /** Of a smart cut: where copying begins. */
  keyframeSeconds: number | null
  /** About, for the disk. */
  bytes: number
  notes: string[]
}

/** Bits per pixel and frame of CRF 23 on a lively picture, generously. */
const BITS_PER_PIXEL = 0.12
/** Nearer than this to a key frame is on it. */
const ON_KEYFRAME_SECONDS = 0.02

/** Can the packets be used as they are? Only H.264 that everybody plays, at a constant rate that the preset allows. */
export function isCopyable(order: Order, facts: SourceFacts): boolean {
  const { fpsLeast, fpsMost } = presetNamed(order.preset)
  return (
    isPlainCut(order) &&
    facts.videoCodec === 'h264' &&
    facts.pixelFormat === 'yuv420p' &&
    (facts.audio === null || facts.audio.codec === 'aac') &&
    !facts.isTurned &&
    !facts.isHdr &&
    !facts.hasVariableRate &&
    facts.width % 2 === 0 &&
    facts.height % 2 === 0 &&
    facts.fps >= fpsLeast - 0.01 &&
    facts.fps <= fpsMost + 0.01
  )
}

/** `keyframes` are those near the cut, for a source that can be copied. */
export function planFor(order: Order, facts: SourceFacts, keyframes: readonly number[] = []): Plan {
  const preset = presetNamed(order.preset)
  const { to, policy, size } = order.reframe
  const framing = reframe(facts, { to, policy, size })
  const fps = rateOf(facts.fps, preset)
  const isOpen = order.silence !== null || order.scenes !== null
  const { mode, keyframeSeconds } = modeFor(order, facts, keyframes)
  const isAnalysed = mode === 'encode' && needsAnalysis(order, facts, framing)
  const durationSeconds = lengthOf([order.range])
  const pixels = framing.size.width * framing.size.height * Math.max(preset.fpsLeast, facts.fps)
  const encoded = (durationSeconds * (pixels * BITS_PER_PIXEL + preset.audioKbps * 1000)) / 8
  const copied =
    facts.durationSeconds > 0 ? (facts.bytes * durationSeconds) / facts.durationSeconds : facts.bytes
  return {
    mode,
    steps: ['look', ...(isAnalysed ? (['analyse'] as const) : []), 'render', 'check'],
    framing,
    fps,
    segments: isOpen ? null : [order.range],
    durationSeconds,
    keyframeSeconds,
    bytes: Math.ceil(mode === 'encode' ? encoded : copied),
    notes: notesOf(order, facts, framing, mode, keyframeSeconds, preset.fpsLeast),
  }
}

export const needsAnalysis = (order: Order, facts: SourceFacts, framing: Reframe): boolean =>
  order.scenes !== null ||
  needsTrack(order, framing) ||
  ((order.loudness !== null || order.silence !== null) && (facts.audio !== null || order.music !== null))

export const needsTrack = (order: Order, framing: Reframe): boolean =>
  order.reframe.focus === 'subject' && framing.mode === 'crop'

function modeFor(
  order: Order,
  facts: SourceFacts,
  keyframes: readonly number[],
): Pick<Plan, 'mode' | 'keyframeSeconds'> {
  if (!isCopyable(order, facts)) return { mode: 'encode', keyframeSeconds: null }
  const { fromSeconds, toSeconds } = order.range
  if (fromSeconds === 0 || keyframes.some((at) => Math.abs(at - fromSeconds) <= ON_KEYFRAME_SECONDS))
    return { mode: 'copy', keyframeSeconds: fromSeconds }
  const next = keyframes.find((at) => at > fromSeconds)
  // With little left to copy, one pass is as fast and has no seam.
  if (next === undefined || next > fromSeconds + (toSeconds - fromSeconds) * 0.7)
    return { mode: 'encode', keyframeSeconds: null }
  return { mode: 'smart-cut', keyframeSeconds: next }
}

function notesOf(
  order: Order,
  facts: SourceFacts,
  framing: Reframe,
  mode: Plan['mode'],
  keyframe: number | null,
  fpsLeast: number,
): string[] {
  const larger = enlargement(framing)
  return [
    ...(mode === 'copy' ? ['nothing is encoded: the packets are copied'] : []),
    ...(mode === 'smart-cut'
      ? [`only up to the key frame at ${clockTime(keyframe!)} is encoded, the rest is copied`]
      : []),
    ...(larger ? [larger] : []),
    ...(facts.audio === null && mode === 'encode'
      ? [
          order.music
            ? 'the source has no sound: music only'
            : 'the source has no sound: a silent track is added',
        ]
      : []),
    ...(facts.audio !== null && facts.audio.channels > 2 && mode === 'encode'
      ? [`${facts.audio.channels} channels are mixed down to 2`]
      : []),
    ...(facts.isHdr ? ['HDR is mapped to the colours of a screen (BT.709)'] : []),
    ...(facts.hasVariableRate ? ['frames come at varying times: made constant'] : []),
    ...(facts.fps > 0 && facts.fps < fpsLeast
      ? [`${facts.fps.toFixed(2)} frames a second are raised to ${fpsLeast}`]
      : []),
  ]
}
