import type { Segment } from '#capabilities/create/clips/clips.ts'
import { type Frames, frameCount } from './saliency.ts'

/** How much the picture changes from one small frame to the next, in percent of the grey range. */
export function changes({ width, height, pixels, perSecond }: Frames): number[] {
  const area = width * height
  const count = frameCount({ width, height, pixels, perSecond })
  const list = [0]
  for (let i = 1; i < count; i++) {
    let sum = 0
    for (let at = 0; at < area; at++) sum += Math.abs(pixels[i * area + at]! - pixels[(i - 1) * area + at]!)
    list.push((sum / area / 255) * 100)
  }
  return list
}

/** Moments at which a scene begins: a change above the threshold that also stands out against its neighbours. */
export function cutsIn(frames: Frames, thresholdPercent: number): number[] {
  const list = changes(frames)
  return list.flatMap((change, i) => {
    const around = Math.max(list[i - 1] ?? 0, list[i + 1] ?? 0)
    return change >= thresholdPercent && change > around * 1.5 ? [i / frames.perSecond] : []
  })
}

export interface SceneRule {
  atLeastSeconds: number
  atMostSeconds?: number | undefined
  take: number
}

/** The longest scenes between `from` and `to`, in their order; the longest one however short, rather than none. */
export function chosenScenes(
  cuts: readonly number[],
  { fromSeconds, toSeconds }: Segment,
  rule: SceneRule,
): Segment[] {
  const borders = [fromSeconds, ...cuts.filter((at) => at > fromSeconds && at < toSeconds), toSeconds]
  const scenes = borders.slice(1).map((end, i) => ({ fromSeconds: borders[i]!, toSeconds: end }))
  const length = (scene: Segment) => scene.toSeconds - scene.fromSeconds
  const longest = [...scenes].sort((a, b) => length(b) - length(a))
  const good = longest.filter((scene) => length(scene) >= rule.atLeastSeconds)
  const chosen = (good.length > 0 ? good : longest.slice(0, 1)).slice(0, rule.take)
  const most = rule.atMostSeconds ?? Number.POSITIVE_INFINITY
  return chosen
    .map((scene) => ({ ...scene, toSeconds: Math.min(scene.toSeconds, scene.fromSeconds + most) }))
    .sort((a, b) => a.fromSeconds - b.fromSeconds)
}
