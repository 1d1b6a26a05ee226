import { useQuery } from '@tanstack/react-query'
import { Button, Form, Input, Select } from 'antd'
import { useState } from 'react'
import type { RehearsalReport } from '#capabilities/sell/flash-sale/rehearsal.ts'
import { words } from '#capabilities/sell/flash-sale/words.ts'
import { useAddress } from '#console/address.ts'
import { api, read, refresh } from '#console/client.ts'
import { latency, num } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Job } from '#console/parts/job.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Metric } from '#console/parts/metric.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status } from '#console/parts/status.tsx'
import { When } from '#console/parts/values.tsx'
import { fill, useWords } from '#console/words.ts'
import { Answers } from './answers.tsx'
import { Balance, Ledger, path, type Sale, salePath, useSales } from './sale-cells.tsx'
import { Tiles } from './tiles.tsx'

/** As the platform keeps it; one that failed has code and message instead of figures. */
type Report = Partial<RehearsalReport> & {
  state: RehearsalReport['state']
  saleId: string
  code?: string
  message?: string
}

/** No load runs this long: what still says so was cut off with the platform. */
const longestMs = 30 * 60_000
const isCutOff = ({ state }: Report, startedAtMs: number | undefined) =>
  state === 'running' && startedAtMs !== undefined && Date.now() - startedAtMs > longestMs

const reportQuery = (saleId: string, startedAtMs: number | undefined) => ({
  ...read<Report>(`${path}/rehearsals/${encodeURIComponent(saleId)}`),
  refetchInterval: ({ state: { data } }: { state: { data?: Report | undefined } }) =>
    !data || (data.state === 'running' && !isCutOff(data, startedAtMs)) ? 700 : (false as const),
})

/** A bounded load against a copy, before the buyers come. */
export default function Rehearsals() {
  const w = useWords(words)
  const [search] = useAddress()
  const { sales, problem, again } = useSales()
  const past = sales?.filter(({ isRehearsal }) => isRehearsal) ?? []
  const shown = search['run'] ?? past[0]?.saleId
  return (
    <>
      {problem !== undefined && <Reason problem={problem} onRetry={again} />}
      <div
        className="d-columns d-even"
        style={{ gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 340px), 1fr))' }}
      >
        <Begin sales={sales?.filter(({ isRehearsal }) => !isRehearsal) ?? []} />
        <Past sales={past} shown={shown} />
      </div>
      {shown ? (
        <Result
          key={shown}
          saleId={shown}
          startedAtMs={past.find(({ saleId }) => saleId === shown)?.createdAtMs}
        />
      ) : (
        <Card title={w.result}>
          <Empty2 kind="unstarted" text={w.noRun} />
        </Card>
      )}
    </>
  )
}

const made = 'new'
const most = { stock: 1_000_000, buyers: 200_000 }
const wholeIn = (text: string, to: number) =>
  /^\d{1,7}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= to

function Begin({ sales }: { sales: Sale[] }) {
  const w = useWords(words)
  const may = useMayChange()
  const [search, change] = useAddress()
  const [like, setLike] = useState(search['like'] ?? made)
  const [stock, setStock] = useState('1000')
  const [buyers, setBuyers] = useState('20000')
  const [isStarting, setStarting] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const isStockFine = like !== made || wholeIn(stock, most.stock)
  const isBuyersFine = wholeIn(buyers, most.buyers)
  const begin = async () => {
    setStarting(true)
    setProblem(undefined)
    try {
      const { saleId } = await api.post<{ saleId: string }>(
        like === made ? `${path}/rehearsals` : `${salePath(like)}/rehearsals`,
        { buyers: Number(buyers), ...(like === made ? { stock: Number(stock) } : {}) },
      )
      await refresh(`${path}/sales`)
      change({ run: saleId })
    } catch (thrown) {
      setProblem(thrown)
    } finally {
      setStarting(false)
    }
  }
  const figure = (label: string, value: string, set: (text: string) => void, isFine: boolean, to: number) => (
    <Form.Item
      label={label}
      style={{ flex: '1 1 120px', marginBottom: 12 }}
      {...(isFine
        ? {}
        : { validateStatus: 'error' as const, help: fill(w.badCount, { from: 1, to: num(to) }) })}
    >
      <Input
        inputMode="numeric"
        value={value}
        aria-label={label}
        onChange={({ target }) => set(target.value)}
      />
    </Form.Item>
  )
  return (
    <Card title={w.rehearse}>
      <p className="d-muted" style={{ marginBottom: 12 }}>
        {w.rehearseSays}
      </p>
      {problem !== undefined && <Reason problem={problem} />}
      <Form layout="vertical">
        <Form.Item label={w.like} style={{ marginBottom: 12 }}>
          <Select
            aria-label={w.like}
            value={like}
            onChange={setLike}
            options={[
              { value: made, label: w.likeNew },
              ...sales.map(({ saleId, name }) => ({ value: saleId, label: name })),
            ]}
          />
        </Form.Item>
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: '0 12px' }}>
          {like === made && figure(w.stock, stock, setStock, isStockFine, most.stock)}
          {figure(w.buyers, buyers, setBuyers, isBuyersFine, most.buyers)}
        </div>
        <Button
          disabled={!may || !isStockFine || !isBuyersFine}
          loading={isStarting}
          onClick={() => void begin()}
        >
          {w.start}
        </Button>
      </Form>
    </Card>
  )
}

const pastShown = 6

function Past({ sales, shown }: { sales: Sale[]; shown: string | undefined }) {
  const w = useWords(words)
  const [, change] = useAddress()
  return (
    <Card title={w.past}>
      {sales.length === 0 && <Empty2 kind="done" text={w.emptyPast} />}
      {sales.slice(0, pastShown).map((sale) => (
        <div key={sale.saleId} className="d-job">
          <div className="d-job-head">
            <button
              type="button"
              className="d-plain"
              style={{ color: 'var(--d-info)' }}
              aria-current={sale.saleId === shown}
              onClick={() => change({ run: sale.saleId })}
            >
              {sale.skus[0]?.sku === 'rehearsal' ? w.rehearsal : sale.name}
            </button>
            <span className="d-muted">
              {w.stock} {num(sale.skus.reduce((sum, { stock }) => sum + stock, 0))}
            </span>
            <span className="d-space" />
            <ReportState saleId={sale.saleId} startedAtMs={sale.createdAtMs} />
            <span className="d-muted">
              <When at={sale.createdAtMs} />
            </span>
          </div>
        </div>
      ))}
    </Card>
  )
}

type Run = { saleId: string; startedAtMs: number | undefined }

function ReportState({ saleId, startedAtMs }: Run) {
  const w = useWords(words)
  const { data } = useQuery(reportQuery(saleId, startedAtMs))
  if (!data) return null
  if (isCutOff(data, startedAtMs)) return <Status tone="warning">{w.stale}</Status>
  if (data.state === 'running') return <Status tone="info">{w.running}</Status>
  if (data.state === 'failed') return <Status tone="error">{w.failed}</Status>
  return data.isExact ? <Status tone="success">{w.exact}</Status> : <Status tone="error">{w.notExact}</Status>
}

function Result({ saleId, startedAtMs }: Run) {
  const w = useWords(words)
  const query = useQuery(reportQuery(saleId, startedAtMs))
  const report = query.data
  if (query.isError && !report) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!report) return <Loading shape="metrics" what={w.result} />
  if (report.state === 'failed')
    return (
      <Reason
        problem={Object.assign(new Error(report.message), {
          ...report,
          status: 0,
          title: w.failed,
          detail: report.message,
        })}
      />
    )
  if (isCutOff(report, startedAtMs)) return <Empty2 kind="unstarted" text={w.staleSays} />
  const { buyers, done = 0, requests = 0, seconds, ledger = [], faults = {} } = report
  const etaSeconds = buyers && done && seconds ? ((buyers - done) * seconds) / done : null
  return (
    <>
      <Card title={w.result} extra={<ReportState saleId={saleId} startedAtMs={startedAtMs} />}>
        <Job
          name={done === buyers && report.state === 'running' ? w.booking : w.rehearsal}
          progress={buyers ? { done, total: buyers, etaSeconds } : null}
          startedAtMs={startedAtMs ?? null}
          ended={report.state === 'done'}
        />
      </Card>
      {buyers && (
        <>
          <Tiles>
            <Metric name={w.throughput} value={report.perSecond} as="number" definition={w.throughputIs} />
            <Metric
              name={w.p99}
              value={report.p99Ms || null}
              as="latency"
              definition={fill(w.resultP99Is, {
                p50: latency(report.p50Ms || null),
                p999: latency(report.p999Ms || null),
              })}
            />
            <Metric
              name={w.soldOf}
              value={report.sold}
              as="number"
              unit={`/ ${num(ledger.reduce((sum, { stock }) => sum + stock, 0))}`}
              definition={w.soldOfIs}
            />
            <Metric
              name={w.balanced}
              value={0}
              text={
                <Balance
                  value={ledger.reduce(
                    (sum, { stock, free, held, sold }) => sum + stock - free - held - sold,
                    0,
                  )}
                />
              }
              definition={w.balancedIs}
            />
            <Metric
              name={w.changed}
              value={report.changedAnswers}
              text={<Balance value={report.changedAnswers ?? 0} />}
              definition={w.changedIs}
            />
            <Metric
              name={w.took}
              value={seconds}
              text={fill(w.tookSeconds, { n: num(seconds) })}
              definition={`${w.requests} ${num(requests)} · p50 ${latency(report.p50Ms)} · p99.9 ${latency(report.p999Ms)}`}
            />
          </Tiles>
          <div className="d-columns d-even">
            <Card title={w.answers}>
              <Answers answers={report.answers ?? {}} />
              {Object.keys(faults).length > 0 && (
                <p className="d-ink-error d-card-note">
                  {w.faults}:{' '}
                  {Object.entries(faults)
                    .map(([code, n]) => `${code} ${num(n)}`)
                    .join(' · ')}
                </p>
              )}
            </Card>
            <Card title={w.ledger}>
              <Ledger ledger={ledger} />
            </Card>
          </div>
        </>
      )}
    </>
  )
}
