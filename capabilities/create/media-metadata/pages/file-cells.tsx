import type { FileView } from '#capabilities/create/media-metadata/library.ts'
import { REASONS, type Verdict } from '#capabilities/create/media-metadata/media-metadata.ts'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { Status, type Tone } from '#console/parts/status.tsx'
import { type Language, useWords } from '#console/words.ts'

export const verdictTones: Record<Verdict, Tone> = {
  ready: 'success',
  warning: 'warning',
  blocked: 'error',
  bad: 'neutral',
}
export const verdicts = Object.keys(verdictTones) as Verdict[]
export const orientations = ['portrait', 'landscape', 'square'] as const
export const kinds = ['video', 'image', 'audio'] as const
export const reasons = Object.keys(REASONS) as (keyof typeof REASONS)[]

export function VerdictTag({ verdict }: { verdict: Verdict }) {
  const w = useWords(words)
  return <Status tone={verdictTones[verdict]}>{w[verdict]}</Status>
}

/** Why it is not ready, in a few words: the bad file's reason, or the rules that it does not keep. */
export function whyText(
  { reason, findings }: Pick<FileView, 'reason' | 'findings'>,
  language: Language,
): string {
  if (reason) return REASONS[reason][language]
  const said = findings.map((one) => one[language].replaceAll(',', language === 'zh' ? '，' : ','))
  return said.join(language === 'zh' ? '、' : '; ')
}
