import { Drawer } from 'antd'
import { Rail } from './rail.tsx'
import type { Place } from './rooms.ts'
import { shellWords } from './shell-words.ts'
import { useWords } from './words.ts'

/** The rail on narrow screens, loaded when it is first opened. */
export default function RailDrawer({ places, close }: { places: Place[]; close: () => void }) {
  const w = useWords(shellWords)
  return (
    <Drawer
      open
      placement="left"
      size={264}
      onClose={close}
      closable={false}
      classNames={{ body: 'd-rail-drawer' }}
      aria-label={w.navigation}
    >
      <Rail places={places} collapsed={false} />
    </Drawer>
  )
}
