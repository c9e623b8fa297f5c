/** Time after the declared end until which the right password is tried. */
const MARGIN_S = 30
/** Step around the declared end: the best resolution of the measured duration. */
const FINE_MS = 500

/**
 * When to try the right password, in milliseconds after the last wrong one: seldom at first, since some locks are
 * prolonged by every try, closely around the declared end, then every few seconds until the margin is over, and once
 * more after a silence that a prolonged lock does not outlast.
 */
export function pollTimes(lockSeconds: number): number[] {
  const end = lockSeconds * 1000
  const times: number[] = []
  for (let at = 1000; at < end - 1500; at = Math.ceil(at * 1.7)) times.push(at)
  // A device that counts whole seconds ends its lock up to one early: the last look before says that it still held.
  times.push(Math.max(FINE_MS, end - Math.min(1600, Math.ceil(end * 0.4))))
  for (let at = Math.max(FINE_MS, end - 1000); at <= end + 3000; at += FINE_MS) times.push(at)
  const margin = end + Math.max(MARGIN_S * 1000, end * 0.1)
  for (let at = end + 5000; at <= margin; at += 3000) times.push(at)
  // Every try may have prolonged the lock: once more after a silence as long as the lock itself.
  times.push(margin + end + 5000)
  return [...new Set(times)].sort((a, b) => a - b)
}
