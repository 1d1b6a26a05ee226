import { Alert, Button, Space } from 'antd'
import { asProblem } from '#console/problem.ts'
import { fill, useWords } from '#console/words.ts'
import { useCopy } from './copy.ts'
import { partWords } from './words.ts'

type ReasonProps = {
  problem: unknown
  onRetry?: () => void
  /** A warning where the data shown is still true. */
  tone?: 'error' | 'warning'
}

/** Why something failed, in words, with its code and the one next step. */
export function Reason({ problem: thrown, onRetry, tone = 'error' }: ReasonProps) {
  const w = useWords(partWords)
  const copy = useCopy()
  const p = asProblem(thrown)
  const known = { 'console/offline': [w.offline, w.offlineDetail], 'console/bug': [w.bug, p.detail] }[p.code]
  const [title, detail] = known ?? [p.title, p.detail]
  const diagnostics = () =>
    JSON.stringify(
      {
        code: p.code,
        status: p.status,
        title,
        detail,
        logId: p.logId,
        at: new Date().toISOString(),
        page: location.href,
      },
      null,
      2,
    )
  const linked = p.cure?.startsWith('/') ? p.cure : undefined
  return (
    <Alert
      className="d-reason"
      type={tone}
      showIcon
      role="alert"
      title={title}
      description={
        <>
          {detail && <div>{detail}</div>}
          {p.cure && !linked && <div>{p.cure}</div>}
          {p.retryAfterSeconds !== undefined && <div>{fill(w.retryIn, { n: p.retryAfterSeconds })}</div>}
          <div className="d-reason-foot">
            <span className="d-mono">
              {w.code} {p.code}
              {p.logId && ` · log_id ${p.logId}`}
            </span>
            <Space size={8}>
              <Button size="small" type="text" onClick={() => void copy(diagnostics())}>
                {w.copyDiagnostics}
              </Button>
              {linked && (
                <Button size="small" href={linked}>
                  {w.cure}
                </Button>
              )}
              {onRetry && (
                <Button size="small" onClick={onRetry}>
                  {w.retry}
                </Button>
              )}
            </Space>
          </div>
        </>
      }
    />
  )
}
