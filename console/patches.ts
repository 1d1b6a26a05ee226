/** One live change: the row `key` of `topic` is now (partly) `data`; null data means that it is gone. */
export type Patch = { topic: string; key: string; data: unknown }

type Page = { items: Record<string, unknown>[] }
type Listed = Page | { pages: Page[] }

const isPage = (value: unknown): value is Page =>
  typeof value === 'object' && value !== null && Array.isArray((value as Page).items)
export const isListed = (value: unknown): value is Listed =>
  isPage(value) ||
  (typeof value === 'object' && value !== null && Array.isArray((value as { pages: unknown }).pages))

/**
 * Rows change in place and never move; keys that are not shown are returned as `unknown`, so that new
 * rows can wait behind a notice instead of pushing the list under the reader's cursor.
 */
export function mergeRows<Data extends Listed>(data: Data, patches: Patch[], rowKey = 'id') {
  const byKey = new Map<string, Patch>()
  for (const patch of patches) {
    const before = byKey.get(patch.key)
    byKey.set(patch.key, {
      ...patch,
      data: patch.data === null ? null : { ...(before?.data as object), ...(patch.data as object) },
    })
  }
  const seen = new Set<string>()
  const merge = (page: Page): Page => ({
    ...page,
    items: page.items.flatMap((row) => {
      const patch = byKey.get(String(row[rowKey]))
      if (!patch) return [row]
      seen.add(patch.key)
      return patch.data === null ? [] : [{ ...row, ...(patch.data as object) }]
    }),
  })
  const merged = ('pages' in data ? { ...data, pages: data.pages.map(merge) } : merge(data)) as Data
  const unknown = [...byKey.values()]
    .filter((patch) => patch.data !== null && !seen.has(patch.key))
    .map((p) => p.key)
  return { data: seen.size ? merged : data, unknown }
}
