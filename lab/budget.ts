/** Budgets of `--pace`: *gentle* is what the statement says, *fast* is for robust units and benches (rule 16). */
export const PACES: Record<string, { connections: number; attemptsPerSecond: number }> = {
  fast: { connections: 16, attemptsPerSecond: 60_000 },
}

/** At most `limit` at once, first come first served. */
export function places(limit: number): () => Promise<() => void> {
  let free = limit
  const waiting: (() => void)[] = []
  const leave = () => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
  return async () => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    let left = false
    return () => {
      if (!left) leave()
      left = true
    }
  }
}

/** At most `perSecond` starts a second, evenly spaced, with a burst of a tenth of a second (rule 16). */
export function pace(perSecond: number): () => Promise<void> {
  const gap = 1000 / perSecond
  let next = 0
  return async () => {
    const now = performance.now()
    next = Math.max(next + gap, now - 100)
    const wait = next - now
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait))
  }
}
