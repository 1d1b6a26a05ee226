import { realpath } from 'node:fs/promises'
import { isAbsolute, normalize, relative, resolve } from 'node:path'
import { fault } from '#kernel/fault.ts'

/** Which files of this machine a batch may read. */
export interface Access {
  /** Refuses at once what lies outside by its name alone. @throws denied `media-metadata/outside`, invalid `…/relative`. */
  check(path: string): string
  /** The real path behind links; null when it lies outside, or leaves on the way. Missing files throw as `realpath` does. */
  resolved(path: string): Promise<string | null>
}

/** @param roots absolute folders; `any` for whoever holds this machine's own key. */
export function access(roots: readonly string[] | 'any'): Access {
  const named = roots === 'any' ? roots : roots.map((root) => resolve(root))
  let real: Promise<readonly string[] | 'any'> | undefined
  const realRoots = () =>
    (real ??=
      named === 'any'
        ? Promise.resolve(named)
        : Promise.all(named.map((root) => realpath(root).catch(() => root))))
  return {
    check(path) {
      if (path.includes('\0'))
        throw fault('invalid', 'media-metadata/bad-path', 'A path with a NUL in it is none')
      if (!isAbsolute(path))
        throw fault('invalid', 'media-metadata/relative', `"${path}" is not an absolute path`, {
          field: 'sources',
        })
      const plain = normalize(path)
      if (!isWithin(plain, named)) throw outside(path)
      return plain
    },
    async resolved(path) {
      const behind = await realpath(path)
      return isWithin(behind, await realRoots()) ? behind : null
    },
  }
}

function isWithin(path: string, roots: readonly string[] | 'any'): boolean {
  if (roots === 'any') return true
  return roots.some((root) => {
    const way = relative(root, path)
    return way === '' || (!way.startsWith('..') && !isAbsolute(way))
  })
}

const outside = (path: string) =>
  fault('denied', 'media-metadata/outside', `"${path}" lies outside the folders that may be read`, {
    field: 'sources',
    cure: 'Add its folder to MEDIA_METADATA_ROOTS, upload the file, or use `doubloon probe` on this machine.',
  })
