import { isDead, wasOff } from '../suites/facts/power.ts'
import type { Message } from '../suites/observation.ts'
import type { PortState, PowerCycle } from '../suites/observations/power.ts'
import type { Sample, Statement } from '../suites/statement.ts'
import type { RunDirectory } from '../reports/run-directory.ts'
import type { RunBench } from './bench.ts'
import { sleep } from './bench.ts'
import type { Hooks } from './hooks.ts'
import { isAlive, isServing } from './liveness.ts'
import { portState, setPower } from './poe.ts'
import type { PowerSource } from './power-table.ts'

/** Asks the operator to do something; false where nobody is there or nobody did it. */
export type Confirm = (about: Message, signal: AbortSignal) => Promise<boolean>

/** The power of one sample. */
export interface Power {
  by: PowerCycle['by']
  /** The switch port; null where there is none, or the switch does not answer. */
  port(): Promise<PortState | null>
  /** Off and on, with what was seen; null where it was not done. */
  cycle(bench: RunBench): Promise<PowerCycle | null>
  /** Switches on what an interrupted run left off. */
  restore(): Promise<void>
}

interface PowerOptions {
  statement: Statement
  sample: Sample
  source: PowerSource | null
  run: RunDirectory
  hooks: Hooks
  confirm: Confirm | null
  seconds?: { off: number; on: number }
}

/** Power cycles of one sample in one run. */
const MOST_CYCLES = 3
/** For the unit to go out, and least for it to come back. */
const SECONDS = { off: 15, on: 60 }
/** A unit that stays off because one datagram was lost would be lost for the run. */
const TRIES_ON = 5

/** The table of the bench stands before the hook; null where neither knows the sample or nobody can be asked. */
export function powerOf(options: PowerOptions): Power | null {
  const { sample, source, run, hooks, confirm, seconds = SECONDS } = options
  const by = source?.by ?? (hooks.has('power') ? 'command' : null)
  if (by === null || (by === 'operator' && confirm === null)) return null
  const note = (code: string, values: Message['values'] = {}) =>
    run.append({ type: 'note', about: { code: `run.power-${code}`, values: { sample: sample.id, ...values } } })
  const port = async (): Promise<PortState | null> => {
    const answer = source?.by === 'poe' ? await portState(source) : null
    return answer && 'state' in answer ? answer.state : null
  }

  async function turn(on: boolean, signal: AbortSignal): Promise<boolean> {
    const state = on ? 'on' : 'off'
    if (source === null) return hooks.run('power', sample, { CAMSEAL_POWER: state })
    if (source.by === 'operator') {
      const done = (await confirm?.({ code: `run.operator-${state}`, values: { sample: sample.id } }, signal)) ?? false
      note(done ? `operator-${state}` : 'operator-declined')
      if (!done && on) hooks.blame('operator-left-off', { sample: sample.id })
      return done
    }
    const { agent, group, interface: n } = source
    const values = { address: agent.address, group, interface: n }
    let failure = await setPower(source, on)
    for (let i = 1; on && failure !== null && i < TRIES_ON; i++) failure = await setPower(source, on)
    if (failure === null) note(`port-${state}`, values)
    else {
      note('port-failed', { ...values, why: failure.detail })
      hooks.blame(on ? 'poe-left-off' : 'poe-failed', { sample: sample.id, ...values, why: failure.detail })
    }
    return failure === null
  }

  return {
    by,
    port,
    async cycle(bench) {
      if (cyclesOf(run, sample) >= MOST_CYCLES || bench.signal.aborted) return null
      const at = bench.now()
      note('cut')
      if (!(await turn(false, bench.signal))) return null
      const off = await whenOff(bench, port, seconds.off)
      const isOff = wasOff({ by, off } as PowerCycle)
      note(isOff ? 'off' : 'still-on')
      if (!isOff) hooks.blame(STILL_ON[by], { sample: sample.id, seconds: seconds.off, ...toldOf(off.port) })
      const switched = await turn(true, bench.signal)
      if (switched) note('given')
      const from = bench.now()
      const cameBack = switched && (await isBack(bench, Math.max(seconds.on, ...bootSeconds(options.statement))))
      if (isOff) note(cameBack ? 'back' : 'not-back')
      const on = { switched, port: await port() }
      return { by, at, off, on, cameBack, seconds: Math.round((bench.now() - from) / 1e6) }
    },
    async restore() {
      if (!isLeftOff(run, sample)) return
      if (await turn(true, new AbortController().signal)) note('given')
    },
  }
}

const STILL_ON = { command: 'hook-power-still-on', poe: 'poe-still-on', operator: 'operator-still-on' } as const
const toldOf = (port: PortState | null) => ({ detection: port?.detection ?? '–', link: port?.link ?? '–' })
const bootSeconds = ({ updates }: Statement): number[] => updates.map((u) => u.bootSeconds)

/** The bench's power for a unit that does not come back; true when it was off and answers again. */
export async function cyclePower(bench: RunBench): Promise<boolean> {
  const cycle = await bench.cyclePower()
  return cycle !== null && wasOff(cycle) && cycle.cameBack
}

type Noted = { code: string; values: Record<string, unknown> }
const notesOf = (run: RunDirectory, sample: Sample): string[] =>
  run
    .lines()
    .filter((l) => l.type === 'note')
    .map((l) => (l as { about: Noted }).about)
    .filter((a) => a.values.sample === sample.id)
    .map((a) => a.code)

const cyclesOf = (run: RunDirectory, sample: Sample): number =>
  notesOf(run, sample).filter((code) => /^run\.power-(off|still-on)$/.test(code)).length

/** The last that was noted is that the power was to be cut. */
function isLeftOff(run: RunDirectory, sample: Sample): boolean {
  const last = notesOf(run, sample)
    .filter((code) => /^run\.power-(cut|given)$/.test(code))
    .at(-1)
  return last === 'run.power-cut'
}

/** Waits until every declared door is closed and the port, where there is one, is dead. */
async function whenOff(bench: RunBench, port: Power['port'], seconds: number): Promise<PowerCycle['off']> {
  const end = bench.now() + seconds * 1e6
  for (;;) {
    const off = { closed: !(await isAlive(bench)), port: await port() }
    const isOver = off.closed && (off.port === null || isDead(off.port))
    if (isOver || bench.now() >= end || bench.signal.aborted) return off
    await sleep(500, bench.signal)
  }
}

/** Waits until any declared door is open and served. */
async function isBack(bench: RunBench, seconds: number): Promise<boolean> {
  const end = bench.now() + seconds * 1e6
  while (!(await isServing(bench))) {
    if (bench.now() >= end || bench.signal.aborted) return false
    await sleep(500, bench.signal)
  }
  return true
}
