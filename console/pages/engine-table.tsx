import { useQuery } from '@tanstack/react-query'
import { read } from '#console/client.ts'
import { latency } from '#console/format.ts'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status } from '#console/parts/status.tsx'
import { useWords } from '#console/words.ts'
import { engineWords } from './words.ts'

type Engine = {
  engine: string
  role: string
  picked: string | boolean
  url?: string
  version?: string
  reachable: boolean
  latencyMs?: number
  advice?: string
}

export const enginesQuery = read<{ items: Engine[] }>('/api/system/engines', undefined, { everyMs: 15_000 })

/** Every engine: what is picked, its version, whether it answers, and what to do if it does not. */
export function EngineTable() {
  const w = useWords(engineWords)
  const query = useQuery(enginesQuery)
  if (query.isPending) return <Loading shape="rows" what={w.what} />
  if (!query.data) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  return (
    <ul className="d-engines">
      {query.data.items.map((engine) => (
        <li key={`${engine.engine} ${engine.role}`} className="d-card">
          <div className="d-job-head">
            <strong>{engine.engine}</strong>
            <span className="d-space" />
            <State engine={engine} />
          </div>
          <div className="d-muted">{engine.role}</div>
          <dl className="d-engine-facts">
            <dt>{w.picked}</dt>
            <dd className="d-mono">{pickedWord(engine, w.embedded)}</dd>
            <dt>{w.version}</dt>
            <dd className="d-mono">{engine.version ?? '—'}</dd>
            <dt>{w.latency}</dt>
            <dd className="d-num">{latency(engine.latencyMs)}</dd>
          </dl>
          {engine.advice && <p className="d-engine-advice">{engine.advice}</p>}
        </li>
      ))}
    </ul>
  )
}

const pickedWord = ({ picked, url }: Engine, embedded: string) =>
  url ?? (typeof picked === 'string' && picked !== '' ? (picked === 'embedded' ? embedded : picked) : '—')

function State({ engine }: { engine: Engine }) {
  const w = useWords(engineWords)
  if (!engine.picked || engine.picked === 'none') return <Status tone="neutral">{w.off}</Status>
  return engine.reachable ? (
    <Status tone="success">{w.reachable}</Status>
  ) : (
    <Status tone="error">{w.unreachable}</Status>
  )
}
