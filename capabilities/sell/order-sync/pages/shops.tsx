import { useQuery } from '@tanstack/react-query'
import { Alert, Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import type { Backfill } from '#capabilities/sell/order-sync/backfill.ts'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { api, read, refresh } from '#console/client.ts'
import { day, duration, num } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import { type Action, useAction } from '#console/parts/bulk-bar.tsx'
import { useCopy } from '#console/parts/copy.ts'
import { Facts } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Job } from '#console/parts/job.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status, type Tone } from '#console/parts/status.tsx'
import { When } from '#console/parts/values.tsx'
import { fill, useWords } from '#console/words.ts'
import { path, type Shop, useShops } from './order-cells.tsx'

const ConnectShop = lazy(() => import('./connect-shop.tsx'))
const tones: Record<Shop['status'], Tone> = { active: 'success', lost: 'error', disconnected: 'neutral' }

/** Connected shops: whether they tell us everything, and reading what they told before we knew them. */
export default function Shops() {
  const w = useWords(words)
  const may = useMayChange()
  const { shops, query } = useShops()
  const [asked, setAsked] = useState<{ shop?: Shop; what: 'connect' | 'backfill' }>()
  if (query.isError && !shops) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!shops) return <Loading shape="rows" what={w.shops} />
  const connect = () => setAsked({ what: 'connect' })
  return (
    <>
      {shops.length === 0 ? (
        <Card>
          <Empty2 kind="unstarted" text={w.emptyShops} action={{ label: w.connect, run: connect }} />
        </Card>
      ) : (
        <>
          <div>
            <Button disabled={!may} onClick={connect}>
              {w.connect}
            </Button>
          </div>
          <div
            className="d-columns"
            style={{ gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 400px), 1fr))' }}
          >
            {shops.map((shop) => (
              <ShopCard
                key={shop.shopId}
                shop={shop}
                backfill={() => setAsked({ shop, what: 'backfill' })}
                connect={() => setAsked({ shop, what: 'connect' })}
              />
            ))}
          </div>
          <Backfills />
        </>
      )}
      <Suspense>{asked && <ConnectShop {...asked} close={() => setAsked(undefined)} />}</Suspense>
    </>
  )
}

type CardProps = { shop: Shop; backfill: () => void; connect: () => void }

function ShopCard({ shop, backfill, connect }: CardProps) {
  const w = useWords(words)
  const copy = useCopy()
  const isActive = shop.status === 'active'
  const lagTone = shop.lagSeconds === null ? '' : shop.lagSeconds > 900 ? 'd-ink-warning' : ''
  return (
    <Card
      title={
        <>
          {shop.name || shop.shopId} <Status tone={tones[shop.status]}>{w[`shop-${shop.status}`]}</Status>
        </>
      }
      extra={<Buttons shop={shop} backfill={backfill} connect={connect} />}
    >
      {shop.statusReason && <Alert type="error" showIcon title={shop.statusReason} />}
      {isActive && shop.pullFailures > 0 && (
        <Alert
          type="warning"
          showIcon
          title={fill(w.pullFailures, { n: shop.pullFailures, reason: shop.pullReason ?? '' })}
          description={<When at={shop.nextPullAtMs} exact />}
        />
      )}
      <Facts
        rows={[
          [
            w.shopId,
            <span key="i" className="d-mono">
              {shop.shopId}
            </span>,
          ],
          [
            w.lag,
            <span key="l" className={lagTone} title={w.lagIs}>
              {duration(shop.lagSeconds, w.language)} · {w.watermark} <When at={shop.orderWatermarkMs} />
            </span>,
          ],
          [
            w.pushHealth,
            <span key="h">
              {shop.arePushesHealthy ? (
                <Status tone="success">{w.pushFine}</Status>
              ) : (
                <Status tone="warning">{w.pushPoor}</Status>
              )}{' '}
              {w.lastPush} <When at={shop.lastPushAtMs} />
            </span>,
          ],
          [
            w.pullEvery,
            <span key="p">
              {fill(w.cadence, { n: duration(shop.pullEverySeconds, w.language) })} · {w.lastPull}{' '}
              <When at={shop.lastPullAtMs} />
            </span>,
          ],
          [w.tokenUntil, <When key="t" at={shop.accessExpiresAtMs} exact />],
          [w.connectedAt, <When key="c" at={shop.connectedAtMs} exact />],
          [
            w.pushUrl,
            <button
              key="u"
              type="button"
              className="d-plain d-mono d-wrap"
              title={w.pushUrlSays}
              onClick={() => void copy(shop.pushUrl)}
            >
              {shop.pushUrl}
            </button>,
          ],
        ]}
      />
    </Card>
  )
}

function Buttons({ shop, backfill, connect }: CardProps) {
  const w = useWords(words)
  const may = useMayChange()
  const { run, running, problem } = useAction<Shop>()
  const at = `${path}/shops/${encodeURIComponent(shop.shopId)}`
  const pull: Action<Shop> = {
    key: 'pull',
    label: w.pullNow,
    done: w.pullSoon,
    run: async () => {
      await api.post(`${at}/pull`)
      await refresh(`${path}/shops`)
    },
  }
  const disconnect: Action<Shop> = {
    key: 'disconnect',
    label: w.disconnect,
    confirm: () => ({
      title: fill(w.disconnectTitle, { name: shop.name || shop.shopId }),
      effect: w.disconnectEffect,
    }),
    run: async () => {
      await api.post(`${at}/disconnect`)
      await refresh(path)
    },
  }
  const button = (action: Action<Shop>) => (
    <Button
      key={action.key}
      size="small"
      disabled={!may}
      loading={running === action.key}
      onClick={() => void run(action, [shop])}
    >
      {action.label}
    </Button>
  )
  return (
    <span style={{ display: 'flex', flexWrap: 'wrap', gap: 6 }}>
      {shop.status === 'active' ? (
        <>
          {button(pull)}
          <Button size="small" disabled={!may} onClick={backfill}>
            {w.backfill}
          </Button>
          {button(disconnect)}
        </>
      ) : (
        <Button size="small" disabled={!may} onClick={connect}>
          {w.reconnect}
        </Button>
      )}
      {problem !== undefined && <Reason problem={problem} />}
    </span>
  )
}

type Filling = Backfill & { share: number }
const fillTones: Record<Backfill['state'], Tone> = {
  waiting: 'neutral',
  running: 'info',
  done: 'success',
  failed: 'error',
}

function Backfills() {
  const w = useWords(words)
  const { nameOf } = useShops()
  const { data } = useQuery(read<{ items: Filling[] }>(`${path}/backfills`, undefined, { everyMs: 2000 }))
  const items = data?.items ?? []
  return (
    <Card title={w.backfills}>
      {items.length === 0 && <Empty2 kind="done" text={w.noBackfills} />}
      {items.slice(0, 20).map((one) => (
        <Job
          key={one.backfillId}
          name={fill(w.backfillName, { shop: nameOf(one.shopId), from: day(one.fromMs), to: day(one.toMs) })}
          status={<Status tone={fillTones[one.state]}>{w[`fill-${one.state}`]}</Status>}
          progress={
            one.state === 'running' ? { done: Math.round(one.share * 100), total: 100, ...eta(one) } : null
          }
          startedAtMs={one.createdAtMs}
          startedBy={one.startedBy}
          ended={one.state === 'done' || one.state === 'failed'}
          actions={
            <span className={one.reason ? 'd-ink-error' : 'd-muted'}>
              {one.reason ?? fill(w.backfillCount, { n: num(one.orders), fresh: num(one.fresh) })}
            </span>
          }
        />
      ))}
    </Card>
  )
}

/** How long the rest takes if it goes on as it did. */
function eta({ share, createdAtMs }: Filling) {
  const seconds = (Date.now() - createdAtMs) / 1000
  return { etaSeconds: share > 0.02 ? (seconds * (1 - share)) / share : null }
}
