import { createRootRoute, createRoute, createRouter, Outlet } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense } from 'react'
import { parseSearch, stringifySearch } from './address.ts'
import { Boundary } from './parts/boundary.tsx'
import { Loading } from './parts/loading.tsx'
import { rooms } from './rooms.ts'
import { Shell } from './shell.tsx'
import { shellWords } from './shell-words.ts'
import { systemPages } from './system-pages.ts'
import { useWords } from './words.ts'

/** Every page behind the sign-in, in the order of the rail. */
export const places = [...rooms, ...systemPages]

function Waiting() {
  return (
    <div className="d-page">
      <Loading shape="page" what={useWords(shellWords).thePage} />
    </div>
  )
}

function page(load: () => Promise<{ default: () => ReactNode }>) {
  const Lazy = lazy(load)
  return () => (
    <Boundary>
      <Suspense fallback={<Waiting />}>
        <Lazy />
      </Suspense>
    </Boundary>
  )
}

const missing = page(() => import('./pages/not-found.tsx'))
const root = createRootRoute({ component: Outlet, notFoundComponent: missing })
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: () => <Shell places={places} />,
})
const under = (path: string, load: () => Promise<{ default: () => ReactNode }>) =>
  createRoute({ getParentRoute: () => inside, path, component: page(load) })

export const router = createRouter({
  routeTree: root.addChildren([
    createRoute({
      getParentRoute: () => root,
      path: '/sign-in',
      component: page(() => import('./pages/sign-in.tsx')),
    }),
    inside.addChildren([
      under('/', () => import('./pages/home.tsx')),
      under('/engines', () => import('./pages/engines.tsx')),
      under('/forbidden', () => import('./pages/forbidden.tsx')),
      ...places.map(({ nav, load }) => under(nav.route, load)),
      createRoute({ getParentRoute: () => inside, path: '$', component: missing }),
    ]),
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  scrollRestoration: false,
})
