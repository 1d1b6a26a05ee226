import { Button } from 'antd'
import { createContext, lazy, type ReactNode, Suspense, useContext, useEffect, useState } from 'react'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { useMayChange } from '#console/me.ts'
import { useWords } from '#console/words.ts'
import { droppedFiles } from './dropped.ts'
import { upload } from './uploads.ts'

const AddMedia = lazy(() => import('./add-media.tsx'))
const Context = createContext<(links?: string) => void>(() => {})

/** Opens the dialog that takes files and links, with these links in it. */
export const useAdd = () => useContext(Context)

/** Files dropped anywhere on the page are uploaded; links pasted outside a field open the dialog with them. */
export function Intake({ children }: { children: ReactNode }) {
  const w = useWords(words)
  const may = useMayChange()
  const [adding, setAdding] = useState<string>()
  const [isOver, setOver] = useState(false)
  useEffect(() => {
    if (!may) return
    const carries = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const over = (event: DragEvent) => {
      if (!carries(event)) return
      event.preventDefault()
      setOver(true)
    }
    const leave = (event: DragEvent) => event.relatedTarget === null && setOver(false)
    const drop = (event: DragEvent) => {
      if (!carries(event)) return
      event.preventDefault()
      setOver(false)
      void droppedFiles(event.dataTransfer!).then((files) => (files.length > 0 ? upload(files) : undefined))
    }
    const paste = (event: ClipboardEvent) => {
      if ((event.target as HTMLElement | null)?.closest?.('input, textarea, .ant-modal')) return
      const files = [...(event.clipboardData?.files ?? [])]
      const text = event.clipboardData?.getData('text') ?? ''
      if (files.length > 0) void upload(files)
      else if (/https?:\/\/|^\//m.test(text)) setAdding(text.trim())
      else return
      event.preventDefault()
    }
    document.addEventListener('dragover', over)
    document.addEventListener('dragleave', leave)
    document.addEventListener('drop', drop)
    document.addEventListener('paste', paste)
    return () => {
      document.removeEventListener('dragover', over)
      document.removeEventListener('dragleave', leave)
      document.removeEventListener('drop', drop)
      document.removeEventListener('paste', paste)
    }
  }, [may])
  return (
    <Context value={(links = '') => setAdding(links)}>
      {children}
      {isOver && <div style={veil}>{w.dropNow}</div>}
      <Suspense>
        {adding !== undefined && <AddMedia links={adding} close={() => setAdding(undefined)} />}
      </Suspense>
    </Context>
  )
}

const veil = {
  position: 'fixed',
  inset: 12,
  zIndex: 30,
  display: 'grid',
  placeItems: 'center',
  border: '2px dashed var(--d-primary)',
  borderRadius: 8,
  background: 'var(--d-primary-bg)',
  color: 'var(--d-primary)',
  fontSize: 20,
  opacity: 0.96,
  pointerEvents: 'none',
} as const

export function AddButton() {
  const w = useWords(words)
  const may = useMayChange()
  const add = useAdd()
  return (
    <Button type="primary" disabled={!may} onClick={() => add()}>
      {w.add}
    </Button>
  )
}
