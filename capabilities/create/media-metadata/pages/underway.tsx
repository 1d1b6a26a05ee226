import { Button } from 'antd'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { Job } from '#console/parts/job.tsx'
import { Card } from '#console/parts/page.tsx'
import { fill, useWords } from '#console/words.ts'
import { BatchButtons, progressOf, sourcesText } from './batch-cells.tsx'
import { bytesText } from './media-text.ts'
import { useRunning } from './running.ts'
import { forgetUploads, stopUploads, type Upload, upload, useUploads } from './uploads.ts'

/** What is under way: uploads of this tab, and batches of anybody. */
export default function Underway() {
  const w = useWords(words)
  const running = useRunning()
  const { files, startedAtMs } = useUploads()
  const failed = files.filter(({ state }) => state === 'failed')
  const moving = files.filter(({ state }) => state !== 'failed')
  return (
    <Card>
      {moving.length > 0 && <Sending files={moving} startedAtMs={startedAtMs} />}
      {failed.length > 0 && <Failed files={failed} />}
      {running.map((batch) => (
        <Job
          key={batch.batchId}
          name={sourcesText(batch, w)}
          progress={progressOf(batch)}
          startedBy={batch.startedBy}
          startedAtMs={batch.createdAtMs}
          actions={<BatchButtons batch={batch} />}
          {...(batch.total === null ? { status: <span className="d-muted">{w.searching}</span> } : {})}
        />
      ))}
    </Card>
  )
}

function Sending({ files, startedAtMs }: { files: Upload[]; startedAtMs: number }) {
  const w = useWords(words)
  const total = files.reduce((sum, { file }) => sum + file.size, 0)
  const sent = files.reduce((sum, { sentBytes }) => sum + sentBytes, 0)
  const perSecond = sent / Math.max(0.001, (Date.now() - startedAtMs) / 1000)
  const current = files.find(({ state }) => state === 'sending')
  return (
    <Job
      name={fill(w.uploading, { n: files.length })}
      status={
        <span className="d-muted">
          {current?.file.name} · {bytesText(sent)} / {bytesText(total)} · {bytesText(perSecond)}/s
        </span>
      }
      progress={{
        done: Math.round(sent / 1e6),
        total: Math.max(1, Math.round(total / 1e6)),
        etaSeconds: sent > 0 ? (total - sent) / perSecond : null,
      }}
      actions={
        <Button size="small" onClick={stopUploads}>
          {w.uploadStop}
        </Button>
      }
    />
  )
}

function Failed({ files }: { files: Upload[] }) {
  const w = useWords(words)
  const full = files.filter(({ file }) => file.size > 0)
  return (
    <div className="d-job">
      {files.map(({ key, file, problem }) => (
        <div key={key} className="d-job-head">
          <span className="d-ink-error d-wrap">
            {fill(w.uploadFailed, { name: file.name })} ·{' '}
            {file.size === 0 ? w.uploadEmpty : (problem as Error).message}
          </span>
        </div>
      ))}
      <div className="d-job-head">
        {full.length > 0 && (
          <Button
            size="small"
            onClick={() => {
              forgetUploads()
              void upload(full.map(({ file }) => file))
            }}
          >
            {w.retryUpload}
          </Button>
        )}
        <Button size="small" type="text" onClick={forgetUploads}>
          {w.dismiss}
        </Button>
      </div>
    </div>
  )
}
