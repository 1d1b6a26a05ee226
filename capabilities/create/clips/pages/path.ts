export const path = '/api/clips'
export const jobPath = (jobId: string) => `${path}/jobs/${encodeURIComponent(jobId)}`
export const clipPath = (jobId: string, position: number | string) => `${jobPath(jobId)}/clips/${position}`
/** The page on which the clips of a job stand. */
export const jobPage = (jobId: string) => `/clips?tab=clips&job=${encodeURIComponent(jobId)}`
