import { type RefObject, useLayoutEffect, useState } from 'react'

const head = 37
const foot = 44
const least = 220

/** Height that the body of a table may take so that head and foot still fit the window below what stands above. */
export function useRoom(frame: RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(least)
  useLayoutEffect(() => {
    const page = frame.current?.closest('.d-main')
    if (!page || !frame.current) return
    const measure = () => {
      if (!frame.current) return
      const above =
        frame.current.getBoundingClientRect().top - page.getBoundingClientRect().top + page.scrollTop
      setHeight(Math.max(least, Math.floor(page.clientHeight - above - head - foot - 8)))
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(page)
    // What stands above (filters, a notice) changes the page's height when it wraps or comes and goes.
    if (frame.current.parentElement) observer.observe(frame.current.parentElement)
    return () => observer.disconnect()
  }, [frame])
  return height
}
