import { percent } from '#console/format.ts'

/** How far something is, as a thin bar with its figure. */
export const Share = ({ of, tone = 'primary', label }: { of: number; tone?: string; label?: string }) => (
  <span style={{ display: 'inline-flex', alignItems: 'center', gap: 8, width: '100%' }} title={label}>
    <span
      aria-hidden
      style={{ flex: 1, height: 6, borderRadius: 3, background: 'var(--d-head)', overflow: 'hidden' }}
    >
      <span
        style={{ display: 'block', width: `${of * 100}%`, height: '100%', background: `var(--d-${tone})` }}
      />
    </span>
    <span className="d-num" style={{ flex: 'none', minWidth: 40, textAlign: 'right', whiteSpace: 'nowrap' }}>
      {of === 1 ? '100%' : percent(Math.floor(of * 100) / 100).replace('.0%', '%')}
    </span>
  </span>
)
