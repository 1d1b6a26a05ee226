import type { Clock } from '#sandbox/clock.ts'
import { uuidOf } from '#sandbox/random.ts'

export type Pair = {
  shopId: string
  nth: number
  accessToken: string
  accessUntilMs: number
  refreshToken: string
  refreshUntilMs: number
}
export type TokenBook = ReturnType<typeof tokenBook>

const dayMs = 86_400_000
const codeMs = 600_000

/** One pair of tokens for each shop; the one before it is remembered as spent. */
export function tokenBook(seed: number, clock: Clock, known: Pair[], save: (pairs: Pair[]) => void) {
  const pairs = new Map(known.map((pair) => [pair.shopId, pair]))
  const codes = new Map<string, { shopId: string; untilMs: number }>()

  function issue(shopId: string): Pair {
    const nowMs = clock.now()
    const nth = (pairs.get(shopId)?.nth ?? 0) + 1
    const name = (what: string) => uuidOf(`doudian/${seed}/${what}/${shopId}/${nth}`)
    const pair = {
      shopId,
      nth,
      accessToken: name('access'),
      accessUntilMs: nowMs + 7 * dayMs,
      refreshToken: name('refresh'),
      refreshUntilMs: nowMs + 14 * dayMs,
    }
    pairs.set(shopId, pair)
    save([...pairs.values()])
    return pair
  }
  const by = (field: 'accessToken' | 'refreshToken', token: string) =>
    [...pairs.values()].find((pair) => pair[field] === token)

  return {
    /** The pair of a shop: the same one as long as its access token lives. */
    create(shopId: string): Pair {
      const pair = pairs.get(shopId)
      return pair && pair.accessUntilMs > clock.now() ? pair : issue(shopId)
    },
    refresh(refreshToken: string): Pair | 'token-invalid' | 'token-expired' {
      const pair = by('refreshToken', refreshToken)
      if (!pair) return 'token-invalid'
      return pair.refreshUntilMs > clock.now() ? issue(pair.shopId) : 'token-expired'
    },
    check(accessToken: string): Pair | 'no-existed' | 'expired' {
      const pair = by('accessToken', accessToken)
      if (!pair) return 'no-existed'
      return pair.accessUntilMs > clock.now() ? pair : 'expired'
    },
    code(shopId: string): string {
      const code = uuidOf(`doudian/${seed}/code/${shopId}/${codes.size}`)
      codes.set(code, { shopId, untilMs: clock.now() + codeMs })
      return code
    },
    /** The shop of a code, once. */
    spend(code: string): string | 'code-invalid' | 'code-expired' {
      const of = codes.get(code)
      if (!of) return 'code-invalid'
      const { untilMs } = of
      of.untilMs = 0
      return untilMs > clock.now() ? of.shopId : 'code-expired'
    },
    expire(shopId: string, refresh: boolean): boolean {
      const pair = pairs.get(shopId)
      if (!pair) return false
      pair.accessUntilMs = 0
      if (refresh) pair.refreshUntilMs = 0
      save([...pairs.values()])
      return true
    },
  }
}
