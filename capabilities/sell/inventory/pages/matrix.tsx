import { useQuery } from '@tanstack/react-query'
import type { CellView } from '#capabilities/sell/inventory/catalogue.ts'
import { words } from '#capabilities/sell/inventory/words.ts'
import { useAddress } from '#console/address.ts'
import { read } from '#console/client.ts'
import { num } from '#console/format.ts'
import { Card } from '#console/parts/page.tsx'
import { fill, useWords } from '#console/words.ts'
import { judgedTopic, paces, paceWord, path } from './stock-cells.tsx'

const classes = ['A', 'B', 'C'] as const

/** SKUs by their part of turnover and by how fast they sell; a cell filters the list. */
export function Matrix() {
  const w = useWords(words)
  const [search, change] = useAddress()
  const { data } = useQuery(
    read<{ items: CellView[] }>(`${path}/charts/matrix`, undefined, { topic: judgedTopic }),
  )
  const cells = data?.items ?? []
  const most = Math.max(1, ...cells.map(({ skus }) => skus))
  return (
    <Card title={w.matrix}>
      <div className="d-heat" style={{ gridTemplateColumns: '24px repeat(4, minmax(0, 1fr))' }}>
        <span />
        {paces.map((pace) => (
          <span key={pace} className="d-heat-head" title={w[pace]}>
            {w[paceWord[pace]]}
          </span>
        ))}
        {classes.map((abc) => [
          <span key={abc} className="d-heat-name" style={{ lineHeight: '40px' }}>
            {abc}
          </span>,
          ...paces.map((pace) => {
            const cell = cells.find((one) => one.abc === abc && one.pace === pace)
            const isHere = search['abc'] === abc && search['pace'] === pace
            const share = Math.round(10 + (90 * (cell?.skus ?? 0)) / most)
            return (
              <button
                key={`${abc}${pace}`}
                type="button"
                className="d-heat-cell"
                disabled={!cell}
                aria-pressed={isHere}
                title={`${abc} · ${w[pace]}`}
                style={{
                  height: 40,
                  lineHeight: '18px',
                  color: 'var(--d-text)',
                  background: cell
                    ? `color-mix(in srgb, var(--d-info-bg) ${share}%, var(--d-head))`
                    : 'var(--d-head)',
                  boxShadow: isHere ? 'inset 0 0 0 2px var(--d-primary)' : undefined,
                }}
                onClick={() =>
                  change({ abc: isHere ? undefined : abc, pace: isHere ? undefined : pace, open: undefined })
                }
              >
                {num(cell?.skus ?? 0)}
                <br />
                <small className="d-muted">
                  {cell?.suggested ? fill(w.orderN, { n: num(cell.suggested) }) : '—'}
                </small>
              </button>
            )
          }),
        ])}
      </div>
      <p className="d-muted" style={{ marginTop: 8 }}>
        {w.matrixSays}
      </p>
    </Card>
  )
}
