const SHANGHAI_MS = 8 * 3_600_000

/** `yyyy-MM-dd HH:mm:ss` in UTC+8, whatever zone this process lives in. */
export const topTime = (ms: number): string =>
  new Date(ms + SHANGHAI_MS).toISOString().slice(0, 19).replace('T', ' ')

/** Until the platform's next day begins. */
export const untilTomorrowMs = (ms: number): number => 86_400_000 - ((ms + SHANGHAI_MS) % 86_400_000)
