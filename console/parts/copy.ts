import { useWords } from '#console/words.ts'
import { useNotice } from './notice.tsx'
import { partWords } from './words.ts'

/** Puts a text on the clipboard; works on plain http too, where the modern call is missing. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    area.style.position = 'fixed'
    document.body.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    return done
  }
}

export function useCopy() {
  const notices = useNotice()
  const w = useWords(partWords)
  return async (text: string) => {
    if (await copyText(text)) void notices.success(w.copied, 1.5)
    else void notices.warning(w.copyFailed)
  }
}
