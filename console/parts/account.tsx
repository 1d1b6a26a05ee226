/** An account by its first letter and its name; pictures would come from a foreign server. */
export const Account = ({ name }: { name: string }) => (
  <span className="d-account">
    <span className="d-face" aria-hidden>
      {[...name][0] ?? '?'}
    </span>
    <span>{name || '—'}</span>
  </span>
)
