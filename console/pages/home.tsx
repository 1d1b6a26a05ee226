import { RightOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { duration, num } from '#console/format.ts'
import { type Overview, overviewQuery } from '#console/overview.ts'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Job } from '#console/parts/job.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Metric, Metrics } from '#console/parts/metric.tsx'
import { Card, Page } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status, type Tone } from '#console/parts/status.tsx'
import { When } from '#console/parts/values.tsx'
import { queueName, roomName } from '#console/room-name.ts'
import { shellWords } from '#console/shell-words.ts'
import { fill, useWords } from '#console/words.ts'
import { JobState } from './job-state.tsx'
import { homeWords } from './words.ts'

export default function Home() {
  const w = useWords(homeWords)
  const query = useQuery(overviewQuery)
  const { data } = query
  return (
    <Page title={w.title} question={w.question} updatedAt={query.dataUpdatedAt}>
      {query.isError && (
        <Reason
          problem={query.error}
          tone={data ? 'warning' : 'error'}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.isPending && <Loading shape="page" what={w.overview} />}
      {data && (
        <>
          <Needs needs={data.needs} />
          <Metrics>
            {data.kpis.map((kpi) => (
              <Kpi key={kpi.key} kpi={kpi} />
            ))}
          </Metrics>
          <div className="d-columns">
            <Running running={data.running} />
            <Freshnesses freshness={data.freshness} />
          </div>
        </>
      )}
    </Page>
  )
}

function Kpi({ kpi }: { kpi: Overview['kpis'][number] }) {
  const w = useWords(homeWords)
  const ratio = kpi.unit === 'ratio'
  return (
    <Metric
      name={kpi[w.language]}
      value={kpi.value}
      as={ratio ? 'percent' : kpi.unit === 's' ? 'duration' : kpi.unit === 'ms' ? 'latency' : 'compact'}
      {...(kpi.unit && kpi.value !== null && !ratio && kpi.unit !== 's' && kpi.unit !== 'ms'
        ? { unit: kpi.unit }
        : {})}
      {...(kpi.previous === undefined ? {} : { previous: kpi.previous })}
      definition={w.language === 'zh' ? kpi.definitionZh : kpi.definitionEn}
      href={kpi.href}
    />
  )
}

const urgency = { error: 0, warning: 1, info: 2 }

function Needs({ needs }: { needs: Overview['needs'] }) {
  const w = useWords(homeWords)
  if (!needs.length)
    return (
      <div className="d-card d-all-done">
        <Status tone="success">{w.nothing}</Status>
      </div>
    )
  return (
    <Card title={w.needs}>
      <ul className="d-needs">
        {needs
          .toSorted((a, b) => urgency[a.severity] - urgency[b.severity])
          .map((need) => (
            <li key={need.kind}>
              <Link to={need.href as never}>
                <Status tone={need.severity}>{w[need.severity]}</Status>
                <span className="d-need-title">{w.language === 'zh' ? need.titleZh : need.titleEn}</span>
                <span className="d-num d-need-count">{num(need.count)}</span>
                <span className="d-need-open">
                  {w.open} <RightOutlined />
                </span>
              </Link>
            </li>
          ))}
      </ul>
    </Card>
  )
}

function Running({ running }: { running: Overview['running'] }) {
  const w = useWords(homeWords)
  return (
    <Card title={w.running} extra={<Link to={'/jobs' as never}>{w.all}</Link>}>
      {running.length ? (
        running
          .slice(0, 6)
          .map((job) => (
            <Job
              key={job.id}
              name={queueName(job.queue, w.language)}
              progress={job.progress}
              startedAtMs={job.startedAtMs}
              startedBy={job.startedBy}
              attempt={job.attempt}
              status={<JobState state={job.state} />}
            />
          ))
      ) : (
        <Empty2 kind="done" text={w.noRunning} />
      )}
    </Card>
  )
}

const tones: Record<string, Tone> = {
  fresh: 'success',
  late: 'warning',
  stale: 'error',
  failed: 'error',
  idle: 'neutral',
}

function Freshnesses({ freshness }: { freshness: Overview['freshness'] }) {
  const w = useWords(homeWords)
  const shell = useWords(shellWords)
  if (!freshness.length)
    return (
      <Card title={w.freshness}>
        <Empty2 kind="unstarted" text={w.noFreshness} />
      </Card>
    )
  return (
    <Card title={w.freshness}>
      <ul className="d-fresh">
        {freshness.map(({ wing, room, lastAtMs, lagSeconds, status }) => (
          <li key={room}>
            <span className="d-fresh-room">
              {roomName(room, w.language)}
              <small>{shell[wing as 'connect'] ?? wing}</small>
            </span>
            <span className="d-muted d-num">
              {lagSeconds === null ? '' : fill(w.lag, { t: duration(lagSeconds, w.language) })}
            </span>
            <span className="d-muted">
              <When at={lastAtMs} />
            </span>
            <Status tone={tones[status] ?? 'neutral'}>{w[status as 'fresh'] ?? status}</Status>
          </li>
        ))}
      </ul>
    </Card>
  )
}
