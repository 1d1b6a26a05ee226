import { type ComponentType, lazy, type ReactNode, Suspense } from 'react'
import { Loading } from './loading.tsx'

type Load = () => Promise<{ default: ComponentType }>

/** The tabs of a `Page`, each loaded when it is first looked at. `show` is what `Page` wants between its tags. */
export function lazyTabs<Key extends string>(
  loads: Record<Key, Load>,
): { keys: Key[]; show(tab: string): ReactNode } {
  const keys = Object.keys(loads) as Key[]
  const tabs = new Map<string, ComponentType>(keys.map((key) => [key, lazy(loads[key])]))
  return {
    keys,
    show(tab) {
      const Tab = tabs.get(tab)!
      return (
        <Suspense fallback={<Loading shape="rows" />}>
          <Tab key={tab} />
        </Suspense>
      )
    },
  }
}
