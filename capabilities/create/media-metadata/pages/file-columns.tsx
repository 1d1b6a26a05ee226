import type { FileView } from '#capabilities/create/media-metadata/library.ts'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { missing, num } from '#console/format.ts'
import type { Column } from '#console/parts/columns.ts'
import { Label } from '#console/parts/status.tsx'
import { fill, useWords } from '#console/words.ts'
import { VerdictTag, whyText } from './file-cells.tsx'
import { codecText, lengthText, momentText, rateText } from './media-text.ts'
import { Poster } from './poster.tsx'

export function useFileColumns(): Column<FileView>[] {
  const w = useWords(words)
  return [
    {
      key: 'poster',
      title: w.poster,
      width: 66,
      render: (file) => <Poster file={file} style={{ width: 46, height: 28, borderRadius: 3 }} />,
    },
    {
      key: 'file',
      title: w.file,
      mobile: 'title',
      render: (file) => (
        <span className="d-clip" title={file.location}>
          {file.fileName}{' '}
          {file.conflicts > 0 && (
            <Label title={fill(w.conflictsN, { n: file.conflicts })}>≠ {file.conflicts}</Label>
          )}
        </span>
      ),
      value: (file) => file.location,
    },
    {
      key: 'verdict',
      title: w.verdict,
      width: 104,
      mobile: 'side',
      render: (file) => <VerdictTag verdict={file.verdict} />,
      value: (file) => file.verdict,
    },
    {
      key: 'why',
      title: w.reason,
      width: 140,
      mobile: 'main',
      render: (file) => (
        <span
          className={file.verdict === 'bad' ? 'd-clip d-ink-error' : 'd-clip'}
          title={file.detail ?? undefined}
        >
          {whyText(file, w.language) || missing}
        </span>
      ),
      value: (file) => whyText(file, w.language),
    },
    {
      key: 'length',
      title: w.length,
      width: 74,
      align: 'right',
      render: ({ record }) => lengthText(record?.durationSeconds),
      value: ({ record }) => record?.durationSeconds,
    },
    {
      key: 'resolution',
      title: w.resolution,
      width: 104,
      align: 'right',
      mobile: 'main',
      render: ({ record }) => record?.resolution?.replace('x', '×') ?? missing,
      value: ({ record }) => record?.resolution,
    },
    {
      key: 'rotation',
      title: w.rotation,
      width: 54,
      align: 'right',
      render: ({ record }) => (record ? `${record.rotationDegrees}°` : missing),
      value: ({ record }) => record?.rotationDegrees,
    },
    {
      key: 'fps',
      title: w.fps,
      width: 66,
      align: 'right',
      render: ({ record }) => num(record?.fps),
      value: ({ record }) => record?.fps,
    },
    { key: 'codec', title: w.codec, width: 106, render: codecText, value: codecText },
    {
      key: 'bitrate',
      title: w.bitrate,
      width: 90,
      align: 'right',
      render: ({ record }) => rateText(record?.bitrateKbps),
      value: ({ record }) => record?.bitrateKbps,
    },
    {
      key: 'recordedAt',
      title: w.recordedAt,
      width: 100,
      render: ({ record }) => (
        <span className="d-num" title={record?.createdAt ?? undefined}>
          {momentText(record?.createdAt).slice(0, 10)}
        </span>
      ),
      value: ({ record }) => record?.createdAt,
    },
  ]
}
