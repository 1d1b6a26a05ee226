/// <reference types="vite/client" />
import type { ReactNode } from 'react'
import { byPlace, type Nav } from './nav.ts'

type PageModule = { default: () => ReactNode }

// The one place that knows where rooms live. Labels come with the shell; a page is fetched when it is opened.
const navs = import.meta.glob<Nav>('../capabilities/*/*/nav.ts', { eager: true, import: 'nav' })
const pages = import.meta.glob<PageModule>('../capabilities/*/*/page.tsx')

export type Place = { nav: Nav; load: () => Promise<PageModule> }

/** The rooms that have a page in this build: both files must be there. */
export const rooms: Place[] = Object.entries(navs)
  .flatMap(([file, nav]) => {
    const load = pages[file.replace(/nav\.ts$/, 'page.tsx')]
    return load ? [{ nav, load }] : []
  })
  .sort((a, b) => byPlace(a.nav, b.nav))
