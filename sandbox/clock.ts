/** The sandbox's own time: real time plus an offset, so that tests can drive every expiry. */
export type Clock = { now(): number; offsetMs(): number; set(change: ClockChange): void }
/** One of: the absolute time, the distance to real time, or a step from the present sandbox time. */
export type ClockChange = { nowMs?: number; offsetMs?: number; advanceMs?: number }

export function offsetClock(startMs?: number): Clock {
  let offset = startMs === undefined ? 0 : startMs - Date.now()
  return {
    now: () => Date.now() + offset,
    offsetMs: () => offset,
    set({ nowMs, offsetMs, advanceMs }) {
      if (nowMs !== undefined) offset = nowMs - Date.now()
      if (offsetMs !== undefined) offset = offsetMs
      if (advanceMs !== undefined) offset += advanceMs
    },
  }
}

const shanghaiMs = 8 * 3_600_000

/** `YYYY-MM-DD HH:mm:ss` in Shanghai, the form Douyin writes. */
export const shanghaiTime = (ms: number): string =>
  new Date(ms + shanghaiMs).toISOString().slice(0, 19).replace('T', ' ')

/** `YYYY-MM-DDTHH:mm:ss+08:00`. */
export const shanghaiIso = (ms: number): string => `${shanghaiTime(ms).replace(' ', 'T')}+08:00`

/** The first instant, in Shanghai, of the month that holds `ms`. */
export const monthStartMs = (ms: number): number =>
  Date.parse(`${shanghaiTime(ms).slice(0, 7)}-01T00:00:00+08:00`)
