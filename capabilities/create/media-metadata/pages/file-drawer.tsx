import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { lazy, Suspense } from 'react'
import type { FileDetail } from '#capabilities/create/media-metadata/library.ts'
import { type Finding, REASONS } from '#capabilities/create/media-metadata/media-metadata.ts'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { read } from '#console/client.ts'
import { missing, num } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import { useAction } from '#console/parts/bulk-bar.tsx'
import { Drawer560, Facts } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Label } from '#console/parts/status.tsx'
import { When } from '#console/parts/values.tsx'
import { fill, useWords } from '#console/words.ts'
import { saveJson, useFileActions } from './file-actions.tsx'
import { VerdictTag } from './file-cells.tsx'
import { bytesText, codecText, lengthText, rateText } from './media-text.ts'
import { filePath } from './path.ts'
import { Poster } from './poster.tsx'
import { RecordTable } from './record-table.tsx'

const Compare = lazy(() => import('./compare.tsx'))

/** One file: verdict, the record with the origin of each field, and what both programs said. */
export default function FileDrawer({ id }: { id: string }) {
  const w = useWords(words)
  const query = useQuery(read<FileDetail>(filePath(id)))
  const file = query.data
  const waiting = query.isError ? (
    <Reason problem={query.error} onRetry={() => void query.refetch()} />
  ) : (
    <Loading shape="rows" what={w.file} />
  )
  const tabs = [
    { key: 'overview', label: w.overview, body: file ? <Verdict file={file} /> : waiting },
    { key: 'record', label: w.record, body: file ? <RecordTable record={file.record} /> : waiting },
    {
      key: 'compare',
      label: file?.record?.conflicts.length ? `${w.compare} · ${file.record.conflicts.length}` : w.compare,
      body: file ? (
        <Suspense fallback={waiting}>
          <Compare file={file} />
        </Suspense>
      ) : (
        waiting
      ),
    },
  ]
  return (
    <Drawer560
      title={file?.fileName ?? w.file}
      id={id}
      status={file && <VerdictTag verdict={file.verdict} />}
      actions={file && <Buttons file={file} />}
      tabs={tabs}
    />
  )
}

function Buttons({ file }: { file: FileDetail }) {
  const w = useWords(words)
  const may = useMayChange()
  const { run, running, problem } =
    useAction<Parameters<NonNullable<ReturnType<typeof useFileActions>[0]>['run']>[0][0]>()
  const [again] = useFileActions()
  const isEditable = file.kind === 'path' && file.mediaKind === 'video'
  return (
    <>
      {problem !== undefined && <Reason problem={problem} />}
      {isEditable && (
        <Button size="small" href={`/clips?tab=editor&source=${encodeURIComponent(file.location)}`}>
          {w.toClips}
        </Button>
      )}
      <Button
        size="small"
        disabled={!may}
        loading={running !== undefined}
        onClick={() => void run(again!, [file as never])}
      >
        {w.retryOne}
      </Button>
      <Button size="small" onClick={() => saveJson(file.fileName, file)}>
        {w.json}
      </Button>
    </>
  )
}

function Verdict({ file }: { file: FileDetail }) {
  const w = useWords(words)
  const { record, reason, findings } = file
  return (
    <>
      {file.hasPoster && <Poster file={file} fit="contain" style={{ height: 236, borderRadius: 6 }} />}
      {reason && (
        <div className="d-quote d-tone-error">
          {REASONS[reason][w.language]}
          {file.detail && (
            <div className="d-mono">
              {w.toolSays}: {file.detail}
            </div>
          )}
        </div>
      )}
      {findings.map((finding) => (
        <FindingLine key={finding.code} finding={finding} />
      ))}
      {!reason && findings.length === 0 && <Empty2 kind="done" text={w.allKept} />}
      <Facts
        rows={[
          [
            w.location,
            <span key="l" className="d-mono d-wrap">
              {file.location}
            </span>,
          ],
          [w.size, bytesText(file.sizeBytes)],
          ...(record
            ? ([
                [w.length, lengthText(record.durationSeconds)],
                [
                  w.resolution,
                  `${record.resolution?.replace('x', ' × ') ?? missing} · ${record.rotationDegrees}°`,
                ],
                [w.fps, num(record.fps)],
                [w.codec, codecText({ record })],
                [w.bitrate, rateText(record.bitrateKbps)],
              ] as [string, string][])
            : []),
          [w.lookedAt, <When key="w" at={file.lookedAtMs} exact />],
        ]}
      />
    </>
  )
}

function FindingLine({ finding }: { finding: Finding }) {
  const w = useWords(words)
  const says = w.language === 'zh' ? finding.zh.replaceAll(',', '，') : finding.en
  const value = finding.code === 'size' ? bytesText(Number(finding.value)) : String(finding.value ?? missing)
  return (
    <div className={`d-quote d-tone-${finding.level}`}>
      <div style={{ display: 'flex', gap: 8, alignItems: 'center', flexWrap: 'wrap' }}>
        <strong style={{ fontWeight: 600 }}>{says}</strong>
        <span className="d-space" />
        <Label tone={finding.source === 'platform' ? 'info' : 'neutral'}>{w[finding.source]}</Label>
      </div>
      <div className="d-num">
        {fill(w.isValue, { value })} · {fill(w.limit, { limit: finding.limit })}
      </div>
    </div>
  )
}
