import type { StepName } from '#capabilities/create/clips/clips.ts'
import type { ClipView, JobView } from '#capabilities/create/clips/store.ts'
import { codeWords, words } from '#capabilities/create/clips/words.ts'
import { mediaTime, missing, num } from '#console/format.ts'
import { palette } from '#console/tokens.ts'
import { fill, type Language, spoken } from '#console/words.ts'

type Maybe<T> = T | null | undefined

/** `2.1 MB`: a megabyte has a million bytes. */
export function bytesText(bytes: Maybe<number>): string {
  if (bytes === null || bytes === undefined) return missing
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
}

/** `3.2 s` below ten seconds, `05:27` above. */
export const lengthText = (seconds: Maybe<number>): string =>
  seconds === null || seconds === undefined
    ? missing
    : seconds < 10
      ? `${Math.round(seconds * 10) / 10} s`
      : mediaTime(seconds)

export const speedText = (speed: Maybe<number>, language: Language): string =>
  speed === null || speed === undefined
    ? missing
    : fill(spoken(words, language).times, {
        n: speed >= 10 ? Math.round(speed) : num(Math.round(speed * 10) / 10),
      })

export const baseName = (path: string): string => path.split(/[/\\]/).at(-1) ?? path

export const framingText = (
  { plan, order }: Pick<ClipView, 'plan' | 'order'>,
  language: Language,
): string => {
  const w = spoken(words, language)
  const { mode, size } = plan.framing
  const follows = mode === 'crop' && order.reframe.focus === 'subject' ? ` · ${w.subject}` : ''
  return `${size.width}×${size.height} · ${w[mode]}${follows}`
}

export const reasonText = (code: string, language: Language): string => codeWords[code]?.[language] ?? code

export const allOf = ({ counts }: Pick<JobView, 'counts'>): number =>
  Object.values(counts).reduce((sum, n) => sum + n, 0) - counts.cancelled

/** Of all work of a clip, how much is done: steps count by what they usually take. */
const WEIGHTS = { look: 0.05, analyse: 0.25, render: 0.65, check: 0.05 } as const

export function shareOf({ state, plan, step, share }: ClipView): number {
  if (state === 'done') return 1
  if (step === null || state === 'waiting') return 0
  const total = plan.steps.reduce((sum, name) => sum + WEIGHTS[name], 0)
  const before = plan.steps
    .slice(0, Math.max(0, plan.steps.indexOf(step)))
    .reduce((sum, name) => sum + WEIGHTS[name], 0)
  return Math.min(1, (before + WEIGHTS[step] * share) / total)
}

export const tookMs = ({ startedAtMs, endedAtMs }: ClipView, nowMs: number): number | null =>
  startedAtMs === null ? null : (endedAtMs ?? nowMs) - startedAtMs

export function stepColours(isDark: boolean): Record<StepName, string> {
  const [blue = '', orange = '', , green = '', mauve = ''] = isDark ? palette.dark : palette.light
  return { look: mauve, analyse: orange, render: blue, check: green }
}
