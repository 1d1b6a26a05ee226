import { Link } from '@tanstack/react-router'
import { Input, Modal } from 'antd'
import { useState } from 'react'
import type { WarningView } from '#capabilities/sell/inventory/catalogue.ts'
import { words } from '#capabilities/sell/inventory/words.ts'
import { api, list, refresh } from '#console/client.ts'
import { day, dayStart, num, time } from '#console/format.ts'
import { type Action, useAction } from '#console/parts/bulk-bar.tsx'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import { Drawer560, Facts } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status } from '#console/parts/status.tsx'
import { When } from '#console/parts/values.tsx'
import { partWords } from '#console/parts/words.ts'
import { fill, useWords } from '#console/words.ts'
import { keyOf, path, warningKinds, warningTones } from './stock-cells.tsx'

const dayMs = 86_400_000
const states = ['open', 'silent', 'closed'] as const

const ignore = async (rows: WarningView[], untilMs: number | null) => {
  await Promise.all(
    rows.map(({ warningId }) =>
      api.post(`${path}/warnings/${encodeURIComponent(warningId)}/ignore`, { untilMs }),
    ),
  )
  await refresh(path)
}

/** What needs a decision, newest first: order, or say until when it does not matter. */
export default function WarningList() {
  const w = useWords(words)
  const [asked, setAsked] = useState<WarningView[]>()
  const fields: Field[] = [
    {
      kind: 'choice',
      key: 'kind',
      label: w.kind,
      options: warningKinds.map((value) => ({ value, label: w[value] })),
    },
    {
      kind: 'choice',
      key: 'state',
      label: w.state,
      options: states.map((value) => ({ value, label: w[value] })),
    },
  ]
  const filters = useFilters(fields)
  const speak: Action<WarningView> = {
    key: 's',
    label: w.speak,
    done: w.spoken,
    run: (rows) => ignore(rows, null),
  }
  const actions: Action<WarningView>[] = [
    {
      key: 'i',
      label: w.ignoreWeek,
      done: w.ignoredDone,
      run: (rows) => ignore(rows, Date.now() + 7 * dayMs),
      undo: (rows) => ignore(rows, null),
    },
    { key: 'u', label: w.ignoreUntil, run: async (rows) => setAsked(rows) },
    speak,
  ]
  const { sort: _, ...params } = filters.params
  return (
    <>
      <Filters state={filters} />
      <DataTable<WarningView>
        name="stock-warnings"
        source={list<WarningView>(`${path}/warnings`, params, { everyMs: 15_000 })}
        columns={useColumns()}
        rowKey={({ warningId }) => warningId}
        actions={actions}
        drawer={(id, row) => <WarningDrawer id={id} row={row} />}
        empty={{ kind: 'done', text: w.noWarnings }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.warnings}
      />
      {asked && <IgnoreUntil rows={asked} close={() => setAsked(undefined)} />}
    </>
  )
}

function IgnoreUntil({ rows, close }: { rows: WarningView[]; close: () => void }) {
  const w = useWords(words)
  const [date, setDate] = useState(() => day(Date.now() + 30 * dayMs))
  const { run, running, problem } = useAction<WarningView>()
  const until = dayStart(date)
  const today = day(Date.now())
  const action: Action<WarningView> = {
    key: 'until',
    label: w.ignoreUntil,
    done: w.ignoredDone,
    run: (all) => ignore(all, until! + dayMs),
    undo: (all) => ignore(all, null),
  }
  return (
    <Modal
      open
      width={420}
      title={w.ignoreUntil}
      okText={w.save}
      cancelText={w.cancel}
      okButtonProps={{ disabled: until === undefined || date < today }}
      confirmLoading={Boolean(running)}
      onOk={() => void run(action, rows, close)}
      onCancel={close}
    >
      <div className="d-stack">
        {problem !== undefined && <Reason problem={problem} />}
        <div>{w.untilDay}</div>
        <Input
          type="date"
          min={today}
          value={date}
          aria-label={w.untilDay}
          onChange={({ target }) => setDate(target.value)}
        />
      </div>
    </Modal>
  )
}

/** The figures of a warning as a sentence. */
function useDetail() {
  const w = useWords(words)
  return ({ kind, detail }: WarningView) =>
    fill(
      w[`det-${kind}`],
      Object.fromEntries(
        Object.entries(detail).map(([key, value]) => [
          key,
          typeof value === 'number' ? num(Math.round(value * 10) / 10) : (value ?? '—'),
        ]),
      ),
    )
}

function State({ row }: { row: WarningView }) {
  const w = useWords(words)
  if (row.closedAtMs !== null) return <Status tone="success">{w.closed}</Status>
  if (row.silentUntilMs !== null && row.silentUntilMs > Date.now())
    return (
      <Status tone="neutral">{fill(w.silentUntil, { t: time(row.silentUntilMs - 1).slice(5, 10) })}</Status>
    )
  return <Status tone={warningTones[row.kind]}>{w.open}</Status>
}

function useColumns(): Column<WarningView>[] {
  const w = useWords(words)
  const says = useDetail()
  return [
    {
      key: 'openedAt',
      title: w.openedAt,
      width: 100,
      render: ({ openedAtMs }) => <When at={openedAtMs} />,
      value: ({ openedAtMs }) => time(openedAtMs),
    },
    {
      key: 'kind',
      title: w.kind,
      width: w.language === 'zh' ? 116 : 152,
      mobile: 'main',
      render: ({ kind }) => <Status tone={warningTones[kind]}>{w[kind]}</Status>,
      value: ({ kind }) => w[kind],
    },
    {
      key: 'sku',
      title: w.sku,
      width: 130,
      render: ({ sku }) => <span className="d-mono">{sku}</span>,
      value: ({ sku }) => sku,
    },
    {
      key: 'product',
      title: w.product,
      width: 180,
      mobile: 'title',
      render: ({ title, sku }) => <span title={title}>{title || sku}</span>,
      value: ({ title }) => title,
    },
    {
      key: 'shop',
      title: w.shop,
      width: 130,
      render: ({ shopName, platform }) => <span title={w[platform]}>{shopName}</span>,
      value: ({ shopName }) => shopName,
    },
    {
      key: 'detail',
      title: w.detail,
      mobile: 'main',
      render: (row) => <span title={says(row)}>{says(row)}</span>,
      value: says,
    },
    {
      key: 'state',
      title: w.state,
      width: w.language === 'zh' ? 136 : 176,
      mobile: 'side',
      render: (row) => <State row={row} />,
      value: ({ closedAtMs, silentUntilMs }) => (closedAtMs ? w.closed : silentUntilMs ? w.silent : w.open),
    },
  ]
}

function WarningDrawer({ id, row }: { id: string; row: WarningView | undefined }) {
  const w = useWords(words)
  const parts = useWords(partWords)
  const says = useDetail()
  const body = row ? (
    <>
      <p>{says(row)}</p>
      <Facts
        rows={[
          [w.product, row.title || row.sku],
          [
            w.sku,
            <span key="s" className="d-mono">
              {row.sku}
            </span>,
          ],
          [w.shop, `${row.shopName} · ${w[row.platform]}`],
          [w.openedAt, <When key="o" at={row.openedAtMs} exact />],
          [w.closed, <When key="c" at={row.closedAtMs} exact />],
        ]}
      />
      <Link to={`/inventory?open=${encodeURIComponent(keyOf(row))}` as never}>{w.seeSku}</Link>
    </>
  ) : (
    <Empty2 kind="done" text={w.goneRow} />
  )
  return (
    <Drawer560
      title={row ? w[row.kind] : w.warning}
      id={id}
      status={row && <State row={row} />}
      tabs={[{ key: 'overview', label: parts.overview, body }]}
    />
  )
}
