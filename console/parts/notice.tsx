import { message } from 'antd'
import { createContext, type ReactNode, useContext } from 'react'

type Notices = ReturnType<typeof message.useMessage>[0]
const Context = createContext<Notices | undefined>(undefined)

/** Holds the short messages of the page. antd's `App` would do, but brings dialogs into the first load. */
export function NoticeHost({ children }: { children: ReactNode }) {
  const [notices, holder] = message.useMessage({ maxCount: 3 })
  return (
    <Context value={notices}>
      {holder}
      {children}
    </Context>
  )
}

export function useNotice(): Notices {
  const notices = useContext(Context)
  if (!notices) throw new Error('useNotice needs a NoticeHost above it')
  return notices
}
