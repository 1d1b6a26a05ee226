/** One shared token bucket. */
export interface BucketRule {
  bucket: string
  /** Permits per second. */
  rate: number
  /** Permits that can be saved up. */
  burst: number
}

export interface Take extends BucketRule {
  /** At most this many permits. */
  want: number
  /** Permits to leave for lanes that go first. */
  spare: number
}

export interface Taken {
  granted: number
  /** With nothing granted: when asking again makes sense. */
  waitMs: number
}

/**
 * Permits shared by all processes, in the time of the server that keeps them. Never grants more than `burst` at once
 * nor more than `burst + rate * seconds` over any span; a penalty holds for every process.
 */
export interface Limiter {
  take(ask: Take): Promise<Taken>
  /**
   * Closes a bucket for a full-jitter draw that doubles with each strike in a row (forgotten after a quiet minute), and
   * at least for `atLeastMs`. Answers with the ms until it opens. A penalty never shortens another.
   */
  penalise(bucket: string, penalty: { atLeastMs: number; baseMs: number; capMs: number }): Promise<number>
}
