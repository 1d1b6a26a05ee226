import { useQuery } from '@tanstack/react-query'
import { Button, Segmented, Space } from 'antd'
import { useAddress } from '#console/address.ts'
import { api, read, refresh } from '#console/client.ts'
import { num } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import type { RunningJob } from '#console/overview.ts'
import { type Action, useAction } from '#console/parts/bulk-bar.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Grid } from '#console/parts/grid.tsx'
import { Job } from '#console/parts/job.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Card, Page } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status } from '#console/parts/status.tsx'
import { usePhone } from '#console/preferences.ts'
import { queueName, roomName } from '#console/room-name.ts'
import { fill, useWords } from '#console/words.ts'
import { JobState } from './job-state.tsx'
import { jobWords } from './words.ts'

type Queue = {
  name: string
  room: string
  waiting: number
  active: number
  delayed: number
  failed: number
  completed: number
  paused: boolean
}

export default function Jobs() {
  const w = useWords(jobWords)
  const query = useQuery(
    read<{ queues: Queue[]; items: RunningJob[] }>('/api/system/jobs', undefined, {
      topic: 'jobs',
      everyMs: 5000,
    }),
  )
  return (
    <Page title={w.title} question={w.question} updatedAt={query.dataUpdatedAt}>
      {query.isError && (
        <Reason
          problem={query.error}
          tone={query.data ? 'warning' : 'error'}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.isPending && <Loading shape="rows" what={w.what} />}
      {query.data && (
        <>
          <Queues queues={query.data.queues} />
          <Items items={query.data.items} />
        </>
      )}
    </Page>
  )
}

/** What can be done with one queue now. */
function useQueueActions() {
  const w = useWords(jobWords)
  const post =
    (verb: string) =>
    async ([queue]: Queue[]) => {
      await api.post(`/api/system/jobs/${encodeURIComponent(queue!.name)}/${verb}`)
      await refresh('/api/system/jobs')
    }
  return (queue: Queue): Action<Queue>[] => [
    queue.paused
      ? {
          key: 'resume',
          label: w.resume,
          run: post('resume'),
          done: fill(w.resumed_done, { queue: queue.name }),
        }
      : {
          key: 'pause',
          label: w.pause,
          run: post('pause'),
          done: fill(w.paused_done, { queue: queue.name }),
          undo: post('resume'),
        },
    ...(queue.failed
      ? [
          { key: 'retry', label: w.retryFailed, run: post('retry-failed'), done: w.retried_done },
          {
            key: 'clear',
            label: w.clearFailed,
            danger: true,
            run: post('clear-failed'),
            done: w.cleared_done,
            confirm: () => ({
              title: fill(w.clearTitle, { queue: queue.name }),
              effect: fill(w.clearEffect, { n: queue.failed }),
            }),
          },
        ]
      : []),
  ]
}

const counts = ['active', 'waiting', 'delayed', 'failed', 'completed'] as const

function Queues({ queues }: { queues: Queue[] }) {
  const w = useWords(jobWords)
  const phone = usePhone()
  const actionsOf = useQueueActions()
  const { run, running, problem } = useAction<Queue>()
  const may = useMayChange()
  const buttons = (queue: Queue) => (
    <Space size={4} wrap>
      {actionsOf(queue).map((action) => (
        <Button
          key={action.key}
          size="small"
          type={phone ? 'default' : 'text'}
          disabled={!may}
          danger={action.danger ?? false}
          loading={running === action.key}
          onClick={() => void run(action, [queue])}
        >
          {action.label}
        </Button>
      ))}
    </Space>
  )
  const state = (queue: Queue) =>
    queue.paused ? <Status tone="neutral">{w.paused}</Status> : <Status tone="success">{w.working}</Status>
  const title = (queue: Queue) => (
    <span className="d-two">
      {queueName(queue.name, w.language)}
      <small>
        {roomName(queue.room, w.language)} · {queue.name}
      </small>
    </span>
  )
  return (
    <Card title={w.queues}>
      {problem !== undefined && <Reason problem={problem} />}
      {phone ? (
        <ul className="d-cards d-cards-flat">
          {queues.map((queue) => (
            <li key={queue.name} className="d-queue-card">
              <div className="d-job-head">
                {title(queue)}
                <span className="d-space" />
                {state(queue)}
              </div>
              <div className="d-job-facts">
                {counts.map((count) => `${w[count]} ${num(queue[count])}`).join(' · ')}
              </div>
              {buttons(queue)}
            </li>
          ))}
        </ul>
      ) : (
        <Grid<Queue>
          rows={queues}
          rowKey={({ name }) => name}
          columns={[
            { key: 'name', title: w.queue, render: title },
            { key: 'state', title: w.state, width: 96, render: state },
            ...counts.map((count) => ({
              key: count,
              title: w[count],
              width: 96,
              align: 'right' as const,
              render: (queue: Queue) => <Count queue={queue} count={count} />,
            })),
            { key: 'actions', title: '', width: 270, render: buttons },
          ]}
        />
      )}
    </Card>
  )
}

function Count({ queue, count }: { queue: Queue; count: (typeof counts)[number] }) {
  const ink = count === 'failed' && queue.failed ? 'd-ink-error' : queue[count] ? '' : 'd-muted'
  return <span className={ink}>{num(queue[count])}</span>
}

const groups = {
  active: ['active', 'retry'],
  waiting: ['created', 'waiting', 'delayed'],
  failed: ['failed'],
  completed: ['completed', 'cancelled'],
}
type Group = keyof typeof groups

function Items({ items }: { items: RunningJob[] }) {
  const w = useWords(jobWords)
  const [search, change] = useAddress()
  const group = search['state'] && search['state'] in groups ? (search['state'] as Group) : undefined
  const shown = group ? items.filter(({ state }) => groups[group].includes(state)) : items
  const options = [
    { value: '', label: w.all },
    ...(Object.keys(groups) as Group[]).map((key) => ({ value: key, label: w[key] })),
  ]
  return (
    <Card
      title={w.jobs}
      extra={
        <Segmented
          size="small"
          value={group ?? ''}
          onChange={(state) => change({ state: state || undefined })}
          options={options}
        />
      }
    >
      {shown.map((job) => (
        <Job
          key={job.id}
          name={
            <>
              {queueName(job.queue, w.language)} <span className="d-mono d-muted">{job.id.slice(0, 8)}</span>
            </>
          }
          progress={job.progress}
          startedAtMs={job.startedAtMs}
          startedBy={job.startedBy}
          attempt={job.attempt}
          status={<JobState state={job.state} />}
          ended={['completed', 'failed', 'cancelled'].includes(job.state)}
          actions={
            job.error ? (
              <span className="d-ink-error d-job-error" title={job.error}>
                {job.error}
              </span>
            ) : undefined
          }
        />
      ))}
      {!shown.length &&
        (items.length ? (
          <Empty2 kind="done" text={w.noneInState} />
        ) : (
          <Empty2 kind="unstarted" text={w.noJobs} />
        ))}
    </Card>
  )
}
