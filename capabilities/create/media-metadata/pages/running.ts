import { useQuery } from '@tanstack/react-query'
import type { BatchView } from '#capabilities/create/media-metadata/batch.ts'
import { type ListPage, read } from '#console/client.ts'
import { batchTopic, path } from './path.ts'

/** Batches that run now; the answer is shared by whoever asks. */
export const useRunning = () =>
  useQuery(
    read<ListPage<BatchView>>(
      `${path}/batches`,
      { state: 'running', limit: 20 },
      { ...batchTopic, everyMs: 2_000 },
    ),
  ).data?.items.filter(({ endedAtMs }) => endedAtMs === null) ?? []
