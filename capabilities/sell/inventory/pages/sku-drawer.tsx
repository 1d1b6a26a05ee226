import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import type { Static } from 'typebox'
import type { MovementView } from '#capabilities/sell/inventory/catalogue.ts'
import type { DetailSchema } from '#capabilities/sell/inventory/schemas.ts'
import { words } from '#capabilities/sell/inventory/words.ts'
import { list, read } from '#console/client.ts'
import { money, num } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import { Drawer560, Facts } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Grid } from '#console/parts/grid.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Id, When } from '#console/parts/values.tsx'
import { partWords } from '#console/parts/words.ts'
import { fill, useWords } from '#console/words.ts'
import {
  Available,
  Cover,
  daysText,
  itemPath,
  judgedTopic,
  shareText,
  skuOf,
  titleOf,
  Warnings,
} from './stock-cells.tsx'
import { WeekPattern } from './week-pattern.tsx'

// Charts come after the figures: with them the drawer would be twice as heavy.
const SkuFan = lazy(() => import('./sku-fan.tsx'))
const DemandBars = lazy(() => import('./demand-bars.tsx'))
const PolicyForm = lazy(() => import('./policy-form.tsx'))

type Detail = Static<typeof DetailSchema>

/** One SKU: how long it lasts, what that is worked out from, and every change of its number. */
export default function SkuDrawer({ id }: { id: string }) {
  const w = useWords(words)
  const parts = useWords(partWords)
  const query = useQuery(read<Detail>(itemPath(id), undefined, { topic: judgedTopic, everyMs: 15_000 }))
  const detail = query.data
  if (!detail)
    return (
      <Drawer560
        title={skuOf(id)}
        id={skuOf(id)}
        tabs={[
          {
            key: 'none',
            label: parts.overview,
            body: query.isError ? (
              <Reason problem={query.error} onRetry={() => void query.refetch()} />
            ) : (
              <Loading shape="rows" what={w.sku} />
            ),
          },
        ]}
      />
    )
  return (
    <Drawer560
      title={titleOf(detail.item)}
      id={skuOf(id)}
      status={<Warnings item={detail.item} />}
      tabs={[
        { key: 'overview', label: parts.overview, body: <Overview id={id} detail={detail} /> },
        { key: 'forecast', label: w.forecast, body: <Forecast detail={detail} /> },
        { key: 'movements', label: w.movements, body: <Movements id={id} /> },
      ]}
    />
  )
}

function Overview({ id, detail: { item, policy } }: { id: string; detail: Detail }) {
  const w = useWords(words)
  const may = useMayChange()
  const [isEditing, setEditing] = useState(false)
  const { plan } = item
  const ownOr = (isOwn: boolean) => <small className="d-muted">{isOwn ? w.own : w.inherited}</small>
  return (
    <>
      {item.countedAtMs !== null && item.available <= 0 ? (
        <p className="d-ink-error">{fill(w.noneLeft, { n: daysText(plan?.perDay) })}</p>
      ) : (
        <Suspense fallback={<Loading shape="block" />}>
          <SkuFan id={id} serviceLevel={policy.serviceLevel} />
        </Suspense>
      )}
      {plan?.basis === 'too-few-days' && (
        <p className="d-ink-warning">{fill(w.tooFewSays, { n: plan.knownDays })}</p>
      )}
      <Facts
        rows={[
          [w.available, <Available key="a" item={item} />],
          [w.reserved, num(item.reserved)],
          [w.inTransit, num(item.inTransit)],
          [w.perDay, daysText(plan?.perDay)],
          [w.cover, <Cover key="c" item={item} />],
          [w.reorderPoint, num(plan?.reorderPoint)],
          [w.suggested, <strong key="s">{num(plan?.suggested)}</strong>],
        ]}
      />
      <section className="d-card">
        <div className="d-card-head">
          <h2>{w.policy}</h2>
          <span className="d-space" />
          {!isEditing && (
            <Button size="small" disabled={!may} onClick={() => setEditing(true)}>
              {w.edit}
            </Button>
          )}
        </div>
        {isEditing ? (
          <Suspense fallback={<Loading shape="block" />}>
            <PolicyForm
              at={itemPath(id)}
              own={item}
              cost={item.costFen}
              hints={policy}
              close={() => setEditing(false)}
            />
          </Suspense>
        ) : (
          <>
            <Facts
              rows={[
                [
                  w.serviceLevel,
                  <span key="s">
                    {shareText(policy.serviceLevel)} {ownOr(item.serviceLevel !== null)}
                  </span>,
                ],
                [
                  w.leadDays,
                  <span key="l">
                    {fill(w.daysN, { n: policy.leadDays })} {ownOr(item.leadDays !== null)}
                  </span>,
                ],
                [w.cost, money(item.costFen)],
                [w.price, money(item.priceFen)],
              ]}
            />
            <p className="d-muted">
              {fill(w.policyIs, {
                lead: policy.leadDays,
                review: policy.reviewDays,
                share: shareText(policy.serviceLevel),
              })}
            </p>
          </>
        )}
      </section>
      <Facts
        rows={[
          [w.shop, `${item.shopName} · ${w[item.platform]}`],
          [w.abc, `${item.abc} · ${w[item.pace]}`],
          [w.quietDays, fill(w.daysN, { n: num(item.quietDays) })],
          [w.countedAt, <When key="c" at={item.countedAtMs} exact />],
        ]}
      />
    </>
  )
}

/** What the forecast is made of. */
function Forecast({ detail: { item, inputs, demand } }: { detail: Detail }) {
  const w = useWords(words)
  const { plan } = item
  return (
    <>
      <Suspense fallback={<Loading shape="block" />}>
        <DemandBars demand={demand} />
      </Suspense>
      {inputs ? (
        <>
          <WeekPattern week={inputs.weekPattern} />
          <Facts
            rows={[
              [w.perDay, daysText(inputs.perDay)],
              [w.knownDays, fill(w.daysN, { n: num(inputs.knownDays) })],
              [w.sizeClass, `${inputs.size + 1} / 6`],
              [w.basis, w[`basis-${inputs.basis}`]],
              [w.expected, daysText(plan?.expected)],
              [w.leadDemand, num(plan?.leadDemand)],
              [w.reorderPoint, num(plan?.reorderPoint)],
            ]}
          />
        </>
      ) : (
        <p className="d-muted">{w.fanNone}</p>
      )}
    </>
  )
}

const signed = (units: number) => `${units > 0 ? '+' : ''}${num(units)}`

function Movements({ id }: { id: string }) {
  const w = useWords(words)
  const parts = useWords(partWords)
  const query = useInfiniteQuery(
    list<MovementView>(`${itemPath(id)}/movements`, undefined, { everyMs: 10_000 }),
  )
  const rows = query.data?.pages.flatMap(({ items }) => items)
  if (query.isError && !rows) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!rows) return <Loading shape="rows" />
  if (!rows.length) return <Empty2 kind="done" text={w.noMovements} />
  return (
    <>
      <Grid
        rows={rows}
        rowKey={({ movementNo }) => movementNo}
        columns={[
          { key: 'at', title: w.at, width: 116, render: ({ atMs }) => <When at={atMs} /> },
          {
            key: 'kind',
            title: w.kind,
            width: 88,
            render: ({ kind }) => w[`mov-${kind as 'sold'}`] ?? kind,
          },
          { key: 'units', title: w.units, width: 66, align: 'right', render: ({ units }) => signed(units) },
          {
            key: 'after',
            title: w.after,
            width: 92,
            align: 'right',
            render: ({ available }) => num(available),
          },
          {
            key: 'why',
            title: w.why,
            render: ({ orderId, by }) => (orderId ? <Id value={orderId} /> : (by ?? '—')),
          },
        ]}
      />
      {query.hasNextPage && (
        <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {parts.more}
        </Button>
      )}
    </>
  )
}
