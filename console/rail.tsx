import { BookOutlined, HomeOutlined, MenuFoldOutlined, MenuUnfoldOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Coin } from './coin.tsx'
import { type Nav, wings } from './nav.ts'
import { preferences } from './preferences.ts'
import type { Place } from './rooms.ts'
import { shellWords } from './shell-words.ts'
import { useWords } from './words.ts'

type EntryProps = { icon: ReactNode; label: string; to: string; exact?: boolean }

const Entry = ({ icon, label, to, exact = false }: EntryProps) => (
  <Link
    to={to as never}
    className="d-rail-entry"
    activeProps={{ className: 'd-rail-here', 'aria-current': 'page' }}
    activeOptions={{ exact, includeSearch: false }}
    title={label}
  >
    <span className="d-rail-icon" aria-hidden>
      {icon}
    </span>
    <span className="d-rail-label">{label}</span>
  </Link>
)

const iconOf = ({ icon: Icon, zh }: Nav) =>
  Icon ? <Icon /> : <span className="d-rail-letter">{[...zh][0]}</span>

/** The rail: home, then the pages of each wing that has any. */
export function Rail({ places, collapsed }: { places: Place[]; collapsed: boolean }) {
  const w = useWords(shellWords)
  const fold = collapsed ? w.expand : w.collapse
  return (
    <nav className={`d-rail${collapsed ? ' d-rail-small' : ''}`} aria-label={w.navigation}>
      <Link to="/" className="d-brand" aria-label="Doubloon">
        <Coin size={28} />
        <span className="d-rail-label">Doubloon</span>
      </Link>
      <div className="d-rail-list">
        <Entry icon={<HomeOutlined />} label={w.home} to="/" exact />
        {wings.map((wing) => {
          const own = places.filter(({ nav }) => nav.wing === wing)
          if (!own.length) return null
          return (
            <section key={wing} aria-label={w[wing]}>
              <h2 className="d-rail-wing">{w[wing]}</h2>
              {own.map(({ nav }) => (
                <Entry key={nav.key} icon={iconOf(nav)} label={nav[w.language]} to={nav.route} />
              ))}
              {wing === 'system' && (
                <a className="d-rail-entry" href="/docs" target="_blank" rel="noreferrer" title={w.apiDocs}>
                  <span className="d-rail-icon" aria-hidden>
                    <BookOutlined />
                  </span>
                  <span className="d-rail-label">{w.apiDocs}</span>
                </a>
              )}
            </section>
          )
        })}
      </div>
      <button
        type="button"
        className="d-rail-fold"
        aria-label={fold}
        title={fold}
        onClick={() => preferences.set({ railCollapsed: !collapsed })}
      >
        {collapsed ? <MenuUnfoldOutlined /> : <MenuFoldOutlined />}
      </button>
    </nav>
  )
}
