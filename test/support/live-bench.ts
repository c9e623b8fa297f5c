import { perform } from '../../lab/actions.ts'
import { tookEffect } from '../../lab/effect.ts'
import { makeRedactor } from '../../lab/redact.ts'
import { startNtp } from '../../lab/services/ntp.ts'
import { startSyslog } from '../../lab/services/syslog.ts'
import type { Bench, Undo } from '../../lab/probe.ts'
import type { Statement } from '../../suites/statement.ts'
import { testBench, type TestBench } from './bench.ts'

/** A loopback bench that carries out actions, takes changes back and receives syslog, as a run does but without a journal. */
export function liveBench(
  statement: Statement,
  secrets: Record<string, string>,
  over: Partial<Bench> = {},
): TestBench & { undone: string[] } {
  const open = new Map<string, Undo | null>()
  const undone: string[] = []
  const known = Object.entries(secrets).map(([name, value]) => ({ name, value }))
  const bench: TestBench = testBench(statement, {
    secrets,
    redact: makeRedactor(() => known),
    perform: (action, values, upload, as) => perform(bench, action, values, upload, as),
    async change(id, _about, undo, apply) {
      open.set(id, undo)
      await apply()
    },
    async undo(id) {
      const undo = open.get(id)
      open.delete(id)
      undone.push(id)
      if (!undo) return false
      const known = ([name, value]: [string, string]) =>
        [name, value.startsWith('secret:') ? (secrets[value.slice(7)] ?? '') : value] as const
      const values = Object.fromEntries(Object.entries(undo.values).map(known))
      return tookEffect(undo.action, await perform(bench, undo.action, values))
    },
    async ntp(port, family) {
      const address = bench.sources(family)[0] ?? '127.0.0.1'
      const started = await startNtp({ address, port, now: () => bench.now() })
      if ('failure' in started) throw new Error(started.failure.detail)
      return started.server
    },
    async syslog(protocol, port, family, identity) {
      const address = bench.sources(family)[0] ?? '127.0.0.1'
      const shown = identity ? { identity } : {}
      const started = await startSyslog({ protocol, address, port, now: () => bench.now(), ...shown })
      if ('failure' in started) throw new Error(started.failure.detail)
      return started.receiver
    },
    ...over,
  })
  return Object.assign(bench, { undone })
}
