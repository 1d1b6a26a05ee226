import type { ReactNode } from 'react'

/** Six figures in a row where there is room, two on a phone. */
export const Tiles = ({ children }: { children: ReactNode }) => (
  <div className="d-metrics" style={{ gridTemplateColumns: 'repeat(auto-fit, minmax(148px, 1fr))' }}>
    {children}
  </div>
)
