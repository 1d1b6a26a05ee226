export interface Lanes<T, R> {
  /** Groups under way at once. */
  atOnce: number
  /** Items of one group. */
  most: number
  /** Answers in the order of the items, each for itself; what it throws is everybody's error. */
  run(items: readonly T[]): Promise<readonly PromiseSettledResult<R>[]>
}

/**
 * Work that is cheaper by the group, through a few lanes. A free lane takes who comes at once, alone; when all are busy,
 * those who wait are shared out among the lanes, so that nobody waits for a group to become full.
 */
export function lanes<T, R>({ atOnce, most, run }: Lanes<T, R>): (item: T) => Promise<R> {
  const line: { item: T; resolve(answer: R): void; reject(error: unknown): void }[] = []
  let underWay = 0

  const settle = async (group: typeof line) => {
    try {
      const answers = await run(group.map(({ item }) => item))
      for (const [i, { resolve, reject }] of group.entries()) {
        const answer = answers[i]
        if (answer?.status === 'fulfilled') resolve(answer.value)
        else reject(answer?.reason)
      }
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
    underWay--
    start()
  }
  const start = () => {
    while (underWay < atOnce && line.length > 0) {
      underWay++
      void settle(line.splice(0, Math.min(most, Math.ceil(line.length / atOnce))))
    }
  }
  return (item) =>
    new Promise<R>((resolve, reject) => {
      line.push({ item, resolve, reject })
      start()
    })
}
