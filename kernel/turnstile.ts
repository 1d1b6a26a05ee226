/**
 * Lets `atOnce` pieces of work run; the others wait in line, first come first served. Beyond `waiting` in line the
 * next one gets the error of `full` instead of a place.
 */
export function turnstile(
  atOnce: number,
  { waiting = Number.POSITIVE_INFINITY, full }: { waiting?: number; full?: () => Error } = {},
): <T>(work: () => Promise<T>) => Promise<T> {
  const line: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (full && line.length >= waiting) throw full()
    if (running >= atOnce) await new Promise<void>((resolve) => line.push(resolve))
    else running++
    try {
      return await work()
    } finally {
      const next = line.shift()
      if (next) next()
      else running--
    }
  }
}
