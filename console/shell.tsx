import { useQuery } from '@tanstack/react-query'
import { Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState } from 'react'
import { Header } from './header.tsx'
import { startLive, toggleLive } from './live.ts'
import { meQuery } from './me.ts'
import { wingKeys } from './nav.ts'
import { ConfirmHost } from './parts/confirm.tsx'
import { Loading } from './parts/loading.tsx'
import { Reason } from './parts/reason.tsx'
import { preferences, useDark, useNarrow, usePreferences } from './preferences.ts'
import { isProblem } from './problem.ts'
import { Rail } from './rail.tsx'
import type { Place } from './rooms.ts'
import { shellWords } from './shell-words.ts'
import { useKeys } from './shortcuts.ts'
import { useWords } from './words.ts'

const Search = lazy(() => import('./search.tsx'))
const ShortcutList = lazy(() => import('./shortcut-list.tsx'))
const RailDrawer = lazy(() => import('./rail-drawer.tsx'))
const Password = lazy(() => import('./pages/password.tsx'))

export type Panel = 'search' | 'shortcuts' | 'password' | 'rail' | undefined

/** Everything around a page, once it is known who looks. */
export function Shell({ places }: { places: Place[] }) {
  const w = useWords(shellWords)
  const me = useQuery(meQuery)
  const [later, setLater] = useState(false)
  if (me.isPending)
    return (
      <div className="d-boot">
        <Loading shape="page" what={w.theShell} />
      </div>
    )
  if (isProblem(me.error) && me.error.status === 401) return <ToSignIn />
  if (!me.data)
    return (
      <div className="d-boot">
        <Reason problem={me.error} onRetry={() => void me.refetch()} />
      </div>
    )
  if (me.data.needsPassword && !later)
    return (
      <Suspense>
        <Password
          first
          email={me.data.user.email}
          done={() => void me.refetch()}
          later={() => setLater(true)}
        />
      </Suspense>
    )
  return <Frame places={places} email={me.data.user.email} />
}

/** Leaves once for the sign-in, which comes back to the address asked for. */
function ToSignIn() {
  const navigate = useNavigate()
  useEffect(() => {
    const { pathname, search } = location
    const to = pathname === '/' ? undefined : pathname + search
    void navigate({ to: '/sign-in', search: { to } as never, replace: true })
  }, [navigate])
  return null
}

function Frame({ places, email }: { places: Place[]; email: string }) {
  const w = useWords(shellWords)
  const narrow = useNarrow()
  const { railCollapsed } = usePreferences()
  const [panel, setPanel] = useState<Panel>()
  const { pathname } = useLocation()
  useEffect(startLive, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes what lay over the old one
  useEffect(() => setPanel(undefined), [pathname])
  useShellKeys(places, setPanel)
  const close = () => setPanel(undefined)
  return (
    <div className="d-shell">
      <a className="d-skip" href="#main">
        {w.toContent}
      </a>
      {!narrow && <Rail places={places} collapsed={railCollapsed} />}
      <div className="d-right">
        <Header open={setPanel} narrow={narrow} />
        <main className="d-main" id="main" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <Suspense>
        <ConfirmHost />
        {narrow && panel === 'rail' && <RailDrawer places={places} close={close} />}
        {panel === 'search' && <Search places={places} close={close} open={setPanel} />}
        {panel === 'shortcuts' && <ShortcutList close={close} />}
        {panel === 'password' && <Password email={email} done={close} later={close} />}
      </Suspense>
    </div>
  )
}

function useShellKeys(places: Place[], open: (panel: Panel) => void) {
  const navigate = useNavigate()
  const dark = useDark()
  const go = (route: string) => () => void navigate({ to: route as never })
  const wings = Object.entries(wingKeys).flatMap(([key, wing]) => {
    const first = places.find(({ nav }) => nav.wing === wing)
    return first ? [[`g ${key}`, go(first.nav.route)] as const] : []
  })
  useKeys({
    '/': () => open('search'),
    '?': () => open('shortcuts'),
    'g h': go('/'),
    'g j': go('/jobs'),
    ...Object.fromEntries(wings),
    p: toggleLive,
    t: () => preferences.set({ theme: dark ? 'light' : 'dark' }),
  })
  useKeys({ 'Ctrl k': () => open('search') }, { inInputs: true })
}
