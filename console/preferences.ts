import { useSyncExternalStore } from 'react'

/** What one person likes, kept in this browser only. */
export type Preferences = {
  language: 'zh' | 'en'
  theme: 'system' | 'light' | 'dark'
  railCollapsed: boolean
  shortcuts: boolean
  density: 'small' | 'middle'
  hiddenColumns: Record<string, string[]>
  foldedCharts: string[]
}

const key = 'doubloon'
const initial: Preferences = {
  language: 'zh',
  theme: 'system',
  railCollapsed: false,
  shortcuts: true,
  density: 'small',
  hiddenColumns: {},
  foldedCharts: [],
}

function load(): Preferences {
  try {
    return { ...initial, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Preferences>) }
  } catch {
    return initial // a blocked or broken storage costs the person their taste, not the page
  }
}

let current = load()
const listeners = new Set<() => void>()

export const preferences = {
  get: () => current,
  set(change: Partial<Preferences>) {
    current = { ...current, ...change }
    try {
      localStorage.setItem(key, JSON.stringify(current))
    } catch {
      // kept for this visit only
    }
    for (const listener of listeners) listener()
  },
  subscribe(listener: () => void) {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
}

export const usePreferences = () => useSyncExternalStore(preferences.subscribe, preferences.get)

const systemDark = typeof matchMedia === 'undefined' ? undefined : matchMedia('(prefers-color-scheme: dark)')
const watchSystem = (listener: () => void) => {
  systemDark?.addEventListener('change', listener)
  return () => systemDark?.removeEventListener('change', listener)
}

export function useDark(): boolean {
  const { theme } = usePreferences()
  const system = useSyncExternalStore(watchSystem, () => systemDark?.matches ?? false)
  return theme === 'system' ? system : theme === 'dark'
}

const media = (query: string) => {
  const list = typeof matchMedia === 'undefined' ? undefined : matchMedia(query)
  return {
    get: () => list?.matches ?? false,
    subscribe(listener: () => void) {
      list?.addEventListener('change', listener)
      return () => list?.removeEventListener('change', listener)
    },
  }
}
const phone = media('(max-width: 767px)')
const narrow = media('(max-width: 991px)')

/** Under 768 px: tables are cards and drawers fill the screen. */
export const usePhone = () => useSyncExternalStore(phone.subscribe, phone.get)
/** Under 992 px: the rail is a drawer. */
export const useNarrow = () => useSyncExternalStore(narrow.subscribe, narrow.get)
