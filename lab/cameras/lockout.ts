import { performance } from 'node:perf_hooks'
import type { LockRule } from './options.ts'

/** Counts failed log-ins by account, over every interface together. */
export interface Lockout {
  isLocked(name: string): boolean
  /** Counts a failure; true when it is the one that locks. */
  failed(name: string, source: string, exists: boolean): boolean
  /** Forgets the failures that came from the same address; those of others still count. */
  succeeded(name: string, source: string): void
}

interface Entry {
  failures: { at: number; source: string }[]
  lockedUntil: number
}

const MOST_UNKNOWN = 1024

/**
 * `failures` within `windowSeconds` lock an account for `lockSeconds`. Names that do not exist are locked as well,
 * so that a lock tells nobody which accounts there are; a lock is not prolonged by attempts made during it.
 */
export function makeLockout(rule: LockRule): Lockout {
  const entries = new Map<string, Entry>()
  const now = (): number => performance.now() / 1000

  const dropForgotten = (): void => {
    for (const [name, { failures, lockedUntil }] of entries) {
      const last = failures.at(-1)?.at ?? 0
      if (lockedUntil <= now() && last + rule.windowSeconds <= now()) entries.delete(name)
    }
  }

  return {
    isLocked: (name) => (entries.get(name)?.lockedUntil ?? 0) > now(),

    failed(name, source, exists) {
      if (!exists && !entries.has(name) && entries.size >= MOST_UNKNOWN) {
        dropForgotten()
        if (entries.size >= MOST_UNKNOWN) return false
      }
      const entry = entries.get(name) ?? { failures: [], lockedUntil: 0 }
      entries.set(name, entry)
      if (entry.lockedUntil > now()) return false
      const since = Math.max(now() - rule.windowSeconds, entry.lockedUntil)
      entry.failures = [...entry.failures.filter(({ at }) => at > since), { at: now(), source }]
      if (entry.failures.length < rule.failures) return false
      entry.lockedUntil = now() + rule.lockSeconds
      entry.failures = []
      return true
    },

    succeeded(name, source) {
      const entry = entries.get(name)
      if (entry !== undefined) entry.failures = entry.failures.filter((failure) => failure.source !== source)
    },
  }
}
