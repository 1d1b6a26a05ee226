import { Link } from '@tanstack/react-router'
import { Alert, Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { words } from '#capabilities/sell/inventory/words.ts'
import { api, refresh, withParams } from '#console/client.ts'
import { duration, latency, num } from '#console/format.ts'
import { useMayChange, useMe } from '#console/me.ts'
import { type Action, useAction } from '#console/parts/bulk-bar.tsx'
import { Facts } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status, type Tone } from '#console/parts/status.tsx'
import { When } from '#console/parts/values.tsx'
import { fill, useWords } from '#console/words.ts'
import PolicyForm from './policy-form.tsx'
import { path, type Shop, shareText, useShops } from './stock-cells.tsx'
import { WishesCard } from './wishes.tsx'
import { shopWords } from './words.ts'

const ConnectShop = lazy(() => import('./connect-shop.tsx'))
const ImportFile = lazy(() => import('./import-file.tsx'))
const tones: Record<Shop['state'], Tone> = {
  idle: 'success',
  running: 'info',
  failed: 'error',
  paused: 'warning',
}

type Asked = { what: 'connect' } | { what: 'stock' | 'sales'; shop: Shop }

/** Where numbers come from: platforms that are read, and shops that are counted by files. */
export default function Shops() {
  const w = useWords(shopWords)
  const may = useMayChange()
  const { shops, query } = useShops()
  const [asked, setAsked] = useState<Asked>()
  if (query.isError && !shops) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!shops) return <Loading shape="rows" />
  const connect = () => setAsked({ what: 'connect' })
  const close = () => setAsked(undefined)
  return (
    <>
      {shops.length === 0 ? (
        <Card>
          <Empty2 kind="unstarted" text={w.emptyShops} action={{ label: w.connect, run: connect }} />
        </Card>
      ) : (
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8 }}>
          <Button disabled={!may} onClick={connect}>
            {w.connect}
          </Button>
          <Button href={`${path}/export/stock.csv`}>{w.exportStock}</Button>
          <Link className="ant-btn" to={'/order-sync?tab=shops' as never} style={{ alignSelf: 'center' }}>
            {w.toDoudian}
          </Link>
        </div>
      )}
      <div
        className="d-columns"
        style={{ gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 380px), 1fr))' }}
      >
        {shops.map((shop) => (
          <ShopCard key={shop.shopId} shop={shop} ask={(what) => setAsked({ what, shop })} />
        ))}
      </div>
      <WishesCard />
      <Suspense>
        {asked?.what === 'connect' && <ConnectShop close={close} />}
        {asked && asked.what !== 'connect' && (
          <ImportFile shop={asked.shop} what={asked.what} close={close} />
        )}
      </Suspense>
    </>
  )
}

function ShopCard({ shop, ask }: { shop: Shop; ask: (what: 'stock' | 'sales') => void }) {
  const w = useWords(shopWords)
  const room = useWords(words)
  const [isEditing, setEditing] = useState(false)
  const isPulled = shop.nextPullAtMs !== null || shop.state === 'paused'
  const at = `${path}/shops/${encodeURIComponent(shop.shopId)}`
  const pulls: [string, React.ReactNode][] = isPulled
    ? [
        [
          w.lastSuccess,
          <span key="s">
            <When at={shop.lastSuccessAtMs} /> ·{' '}
            {fill(w.every, { n: duration(shop.everySeconds, w.language) })}
          </span>,
        ],
        [w.nextPull, <When key="n" at={shop.nextPullAtMs} />],
      ]
    : []
  return (
    <Card
      title={
        <>
          {shop.name} <span className="d-muted">{room[shop.platform]}</span>{' '}
          {isPulled ? (
            <Status tone={tones[shop.state]}>{w[shop.state]}</Status>
          ) : (
            <Status tone="neutral">{w.byHand}</Status>
          )}
        </>
      }
    >
      {shop.failure && (
        <Alert
          type="error"
          showIcon
          title={shop.failure.message}
          description={
            <>
              <span className="d-mono">{shop.failure.code}</span> · <When at={shop.failure.atMs} />
            </>
          }
        />
      )}
      <Facts
        rows={[
          [w.skus, num(shop.skus)],
          [w.openWarnings, num(shop.openWarnings)],
          ...pulls,
          ...(shop.lastPull
            ? [
                [
                  w.lastPullIs,
                  fill(w.lastPull, {
                    skus: num(shop.lastPull.skus),
                    differed: num(shop.lastPull.differed),
                    t: latency(shop.lastPull.ms),
                  }),
                ] as [string, React.ReactNode],
              ]
            : []),
          [room.serviceLevel, shop.serviceLevel === null ? room.inherited : shareText(shop.serviceLevel)],
          [room.leadDays, shop.leadDays === null ? room.inherited : fill(room.daysN, { n: shop.leadDays })],
        ]}
      />
      {isEditing ? (
        <PolicyForm at={at} own={shop} close={() => setEditing(false)} />
      ) : (
        <Buttons shop={shop} at={at} isPulled={isPulled} ask={ask} edit={() => setEditing(true)} />
      )}
    </Card>
  )
}

type ButtonProps = {
  shop: Shop
  at: string
  isPulled: boolean
  ask: (what: 'stock' | 'sales') => void
  edit: () => void
}

function Buttons({ shop, at, isPulled, ask, edit }: ButtonProps) {
  const w = useWords(shopWords)
  const may = useMayChange()
  const isOwner = useMe()?.role === 'owner'
  const { run, running, problem } = useAction<Shop>()
  const isPaused = shop.state === 'paused'
  const turn = (paused: boolean) => async () => {
    await api.patch(at, { isPaused: paused })
    await refresh(`${path}/shops`)
  }
  const pull: Action<Shop> = {
    key: 'pull',
    label: w.pull,
    done: w.pullSoon,
    run: async () => {
      await api.post(`${at}/pull`)
      await refresh(`${path}/shops`)
    },
  }
  const steer: Action<Shop> = {
    key: 'steer',
    label: isPaused ? w.resume : w.pause,
    done: isPaused ? w.idle : w.paused,
    run: turn(!isPaused),
    undo: turn(isPaused),
  }
  const remove: Action<Shop> = {
    key: 'remove',
    label: w.remove,
    confirm: () => ({
      title: fill(w.removeTitle, { name: shop.name }),
      effect: fill(w.removeEffect, { n: num(shop.skus) }),
    }),
    run: async () => {
      await api.delete(at)
      await refresh(path)
    },
  }
  const button = (action: Action<Shop>, isAllowed = may) => (
    <Button
      key={action.key}
      size="small"
      disabled={!isAllowed}
      loading={running === action.key}
      onClick={() => void run(action, [shop])}
    >
      {action.label}
    </Button>
  )
  return (
    <div style={{ display: 'flex', flexWrap: 'wrap', gap: 6, marginTop: 8 }}>
      {isPulled && button(pull)}
      {isPulled && button(steer)}
      {!isPulled && (
        <Button size="small" disabled={!may} onClick={() => ask('stock')}>
          {w.importStock}
        </Button>
      )}
      <Button size="small" disabled={!may} onClick={() => ask('sales')}>
        {w.importSales}
      </Button>
      <Button size="small" disabled={!may} onClick={edit}>
        {w.steer}
      </Button>
      <Button size="small" href={withParams(`${path}/export/stock.csv`, { shopId: shop.shopId })}>
        CSV
      </Button>
      {button(remove, isOwner)}
      {problem !== undefined && (
        <div style={{ flexBasis: '100%' }}>
          <Reason problem={problem} />
        </div>
      )}
    </div>
  )
}
