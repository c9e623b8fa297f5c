import { setTimeout as wait } from 'node:timers/promises'
import type { Manner } from '../manner.ts'

const FAILURES = 8
const WINDOW_SECONDS = 10
const BAN_SECONDS = 6

/**
 * After so many failed log-ins an address gets nothing more for some seconds: no refusal, no handshake, no answer, as if
 * a firewall dropped what it sends. What it sent is taken when the ban is over, as the network would bring it again.
 */
export const manner: Manner = {
  id: 'bans-addresses',
  title: {
    en: 'ignores an address for some seconds after too many failed log-ins',
    vi: 'bỏ qua một địa chỉ trong vài giây sau quá nhiều lần đăng nhập sai',
  },
  declare: (statement) => ({
    ...statement,
    bruteForce: statement.bruteForce.map((row) => ({
      ...row,
      failures: Math.min(row.failures ?? FAILURES, FAILURES),
      windowSeconds: Math.max(row.windowSeconds ?? 0, WINDOW_SECONDS),
      lockSeconds: Math.max(row.lockSeconds ?? 0, BAN_SECONDS - 1),
      scope: 'account-and-address' as const,
    })),
  }),
  front() {
    const failures = new Map<string, number[]>()
    const banned = new Map<string, number>()
    const untilFree = async (source: string): Promise<void> => {
      for (let left = leftOf(source); left > 0; left = leftOf(source)) await wait(left, undefined, { ref: false })
    }
    const leftOf = (source: string): number => (banned.get(source) ?? 0) - performance.now()
    return {
      connected(socket, serve) {
        void untilFree(socket.remoteAddress ?? '').then(() => {
          if (!socket.destroyed) serve()
        })
      },
      answering: untilFree,
      failed(source) {
        const now = performance.now()
        const recent = (failures.get(source) ?? []).filter((at) => at > now - WINDOW_SECONDS * 1000)
        recent.push(now)
        failures.set(source, recent)
        if (recent.length < FAILURES) return
        failures.delete(source)
        banned.set(source, now + BAN_SECONDS * 1000)
      },
    }
  },
}
