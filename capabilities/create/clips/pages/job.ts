import { useQuery } from '@tanstack/react-query'
import type { JobView } from '#capabilities/create/clips/store.ts'
import { read } from '#console/client.ts'
import { everyMsFor } from './job-cells.tsx'
import { jobPath } from './path.ts'

export type JobDetail = JobView & { text: string }

/** A job, asked every second while it moves. */
export const useJob = (jobId: string) =>
  useQuery({
    ...read<JobDetail>(jobPath(jobId)),
    refetchInterval: ({ state }: { state: { data: JobDetail | undefined } }) => everyMsFor(state.data),
  })
