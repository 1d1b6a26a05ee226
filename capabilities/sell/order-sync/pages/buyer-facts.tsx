import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import type { Revealed } from '#capabilities/sell/order-sync/buyers.ts'
import type { OrderDetail } from '#capabilities/sell/order-sync/catalogue.ts'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { api } from '#console/client.ts'
import { useMayChange } from '#console/me.ts'
import { confirm } from '#console/parts/confirm.tsx'
import { Facts } from '#console/parts/drawer560.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { keyOf, orderPath } from './order-cells.tsx'

/** The buyer, masked. Opening the seal is asked for, and is written into the audit trail. */
export function BuyerFacts({ order }: { order: OrderDetail }) {
  const w = useWords(words)
  const may = useMayChange()
  const [revealed, setRevealed] = useState<Revealed>()
  const [problem, setProblem] = useState<unknown>()
  const mask = order.buyerMask
  const reveal = async () => {
    const effect = fill(w.revealEffect, { id: order.orderId })
    if (!(await confirm({ title: w.revealTitle, effect, label: w.reveal, danger: false }))) return
    setProblem(undefined)
    try {
      setRevealed(await api.post<Revealed>(`${orderPath(keyOf(order))}/reveal`))
    } catch (thrown) {
      setProblem(thrown)
    }
  }
  const shown = revealed ?? mask
  return (
    <section className="d-card">
      <div className="d-card-head">
        <h2>{w.buyer}</h2>
        <span className="d-space" />
        {mask && !revealed && (
          <Button size="small" disabled={!may} onClick={() => void reveal()}>
            {w.reveal}
          </Button>
        )}
      </div>
      {problem !== undefined && <Reason problem={problem} />}
      {shown ? (
        <Facts
          rows={[
            [w.name, shown.name || '—'],
            [w.phone, shown.phone || '—'],
            [w.address, shown.address || '—'],
          ]}
        />
      ) : (
        <p className="d-muted">{w.noBuyer}</p>
      )}
      {shown && (
        <p className="d-muted">
          {revealed ? w.revealed : w.masked}{' '}
          {order.buyer.hash && (
            <Link to={`/order-sync?buyer=${encodeURIComponent(order.buyer.hash)}` as never}>
              {w.sameBuyer}
            </Link>
          )}
        </p>
      )}
    </section>
  )
}
