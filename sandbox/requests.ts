/** How often each endpoint was called and how it ended: what a test asserts about its product. */
type RequestCounts = Record<string, { calls: number; handled: number; outcomes: Record<string, number> }>

export function requestCounter() {
  let endpoints: RequestCounts = {}
  const of = (path: string) => (endpoints[path] ??= { calls: 0, handled: 0, outcomes: {} })
  return {
    called: (path: string) => of(path).calls++,
    /** The work was really done; twice for a doubled request. */
    handled: (path: string) => of(path).handled++,
    /** `ok`, a platform code, `status:500`, `dropped`, `dropped-after` or `redirect`. */
    ended(path: string, outcome: string) {
      const { outcomes } = of(path)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    },
    get: () => ({
      total: Object.values(endpoints).reduce((sum, { calls }) => sum + calls, 0),
      endpoints,
    }),
    reset() {
      endpoints = {}
    },
  }
}
