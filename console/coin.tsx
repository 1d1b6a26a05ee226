/** The mark: a flat gold coin with one note. Under 24 px the milled ring is left out. */
export const Coin = ({ size = 28 }: { size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <circle cx="16" cy="16" r="15" fill="#E8A33D" />
    {size >= 24 && (
      <circle
        cx="16"
        cy="16"
        r="11.5"
        fill="none"
        stroke="#7A4600"
        strokeWidth="1"
        strokeDasharray="1.4 1.6"
      />
    )}
    <g fill="#2A1800" transform={size >= 24 ? 'translate(3.2 3.2) scale(.8)' : undefined}>
      <ellipse cx="13.2" cy="21.2" rx="4.2" ry="3.5" transform="rotate(-18 13.2 21.2)" />
      <path d="M15.2 7h2.2v14.2h-2.2z" />
      <path d="M17.4 7c.4 3.4 5.4 4.2 4.6 9.4-1-2.6-2.9-3.5-4.6-3.9z" />
    </g>
  </svg>
)
