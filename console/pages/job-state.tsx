import { Status, type Tone } from '#console/parts/status.tsx'
import { useWords } from '#console/words.ts'
import { jobWords } from './words.ts'

type Word = 'active' | 'waiting' | 'retrying' | 'delayed' | 'completed' | 'failed' | 'cancelled'

const states: Record<string, [Tone, Word]> = {
  active: ['info', 'active'],
  created: ['neutral', 'waiting'],
  waiting: ['neutral', 'waiting'],
  retry: ['warning', 'retrying'],
  delayed: ['neutral', 'delayed'],
  completed: ['success', 'completed'],
  failed: ['error', 'failed'],
  cancelled: ['neutral', 'cancelled'],
}

/** The state of a job in our words; `created` and `retry` are the job store's own. */
export function JobState({ state }: { state: string }) {
  const w = useWords(jobWords)
  const [tone, word] = states[state] ?? ['neutral' as const, undefined]
  return <Status tone={tone}>{word ? w[word] : state}</Status>
}
