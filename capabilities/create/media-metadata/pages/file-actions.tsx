import type { FileDetail, FileView } from '#capabilities/create/media-metadata/library.ts'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { api, refresh } from '#console/client.ts'
import { download } from '#console/csv.ts'
import { day } from '#console/format.ts'
import type { Action } from '#console/parts/bulk-bar.tsx'
import { useWords } from '#console/words.ts'
import { filePath, path } from './path.ts'

const AT_ONCE = 8

export const saveJson = (name: string, value: unknown) =>
  download(`${name}.json`, `${JSON.stringify(value, null, 2)}\n`, 'application/json')

/** What can be done with files: look again, or take the whole record along. */
export function useFileActions(): Action<FileView>[] {
  const w = useWords(words)
  return [
    {
      key: 'a',
      label: w.retryOne,
      done: w.retriedDone,
      run: async (files) => {
        await api.post(`${path}/batches`, { sources: files.map(({ location }) => location), again: true })
        await refresh(path)
      },
    },
    {
      key: 'd',
      label: w.json,
      run: async (files) => {
        const details: FileDetail[] = []
        for (let at = 0; at < files.length; at += AT_ONCE)
          details.push(
            ...(await Promise.all(
              files.slice(at, at + AT_ONCE).map(({ fileId }) => api.get<FileDetail>(filePath(fileId))),
            )),
          )
        saveJson(`media-${day(Date.now())}`, details)
      },
    },
  ]
}
