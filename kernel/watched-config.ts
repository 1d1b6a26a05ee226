/** The keys under a prefix and their values, at one moment. */
export type ConfigEntries = ReadonlyMap<string, string>

/**
 * Small settings that change while everything runs (reply rules, flags), seen by all processes within a moment.
 * Keep a prefix to a few thousand entries: whoever watches it holds all of them. Throws `unavailable`.
 */
export interface WatchedConfig {
  /** All entries whose key begins with `prefix`. */
  get(prefix: string): Promise<ConfigEntries>
  /** Sets a key, or removes it with null. The last one to write wins. */
  put(key: string, value: string | null): Promise<void>
  /**
   * Tells `onChange` all entries under `prefix`: once before it resolves, then after each change until `signal`
   * fires. Changes close together may come as one. Nothing is missed while a connection is away, only late.
   */
  watch(prefix: string, onChange: (entries: ConfigEntries) => void, signal: AbortSignal): Promise<void>
}

export function sameEntries(a: ConfigEntries, b: ConfigEntries): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value)
}
