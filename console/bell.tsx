import { BellOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button, Dropdown } from 'antd'
import { overviewQuery } from './overview.ts'
import { queueName } from './room-name.ts'
import { shellWords } from './shell-words.ts'
import { useWords } from './words.ts'

/** The running jobs, wherever one is: the count on the bell, names and percent below it. */
export function Bell() {
  const w = useWords(shellWords)
  const running = useQuery(overviewQuery).data?.running ?? []
  const items = [
    ...running.slice(0, 6).map((job) => ({
      key: job.id,
      label: (
        <Link to={'/jobs' as never} className="d-bell-job">
          <span>{queueName(job.queue, w.language)}</span>
          <span className="d-num d-muted">
            {job.progress?.total ? `${Math.floor((job.progress.done / job.progress.total) * 100)}%` : ''}
          </span>
        </Link>
      ),
    })),
    ...(running.length ? [] : [{ key: 'none', disabled: true, label: w.noTasks }]),
    { type: 'divider' as const },
    { key: 'all', label: <Link to={'/jobs' as never}>{w.allTasks}</Link> },
  ]
  return (
    <Dropdown trigger={['click']} menu={{ items }} placement="bottomRight">
      <Button type="text" aria-label={`${w.tasks}: ${running.length}`} title={w.tasks} className="d-bell">
        <BellOutlined />
        {running.length > 0 && <span className="d-count d-num">{running.length}</span>}
      </Button>
    </Dropdown>
  )
}
