import type { Exchange } from '../suites/observations/exchange.ts'
import type { Action, Sample, Statement } from '../suites/statement.ts'
import type { CarryOut, JournalledUndo } from './changes.ts'
import type { LabRun } from './lab-run.ts'
import type { RunBench } from './bench.ts'
import { waitUntilAlive } from './liveness.ts'
import { cyclePower } from './power.ts'
import type { Secrets } from './secrets.ts'
import { tookEffect } from './effect.ts'

/** Longest wait for a lock that the run itself may have caused. */
const LONGEST_LOCK_S = 900

/**
 * First use where the unit came factory-fresh, then a random password for the administrator: while guessing is tried,
 * the right password is on no list. The old one is put back at the end, also after a crash.
 */
export async function bringIntoService(lab: LabRun, bench: RunBench, sample: Sample, already: boolean): Promise<void> {
  const { initialise, changePassword } = lab.statement.actions
  const alive = (await waitUntilAlive(bench)).alive || (await cyclePower(bench))
  if (alive && sample.arrives === 'factory-fresh' && initialise && !already) {
    const wanted = initialise.account ?? lab.statement.accounts.find((a) => a.role === 'administrator')?.id
    const { user, password } = wanted ? lab.secrets.credential(wanted, sample.id) : { user: '', password: '' }
    await lab.changes.make(`initialise ${sample.id}`, { code: 'run.initialised', values: {} }, null, async () => {
      const { account: _, ...bare } = initialise
      await bench.perform(bare, { 'new-password': password, user })
    })
  }
  if (alive && changePassword?.account) await setLabPassword(lab, bench, sample, changePassword, changePassword.account)
  if (!already)
    lab.run.append({
      type: 'state',
      sample: sample.id,
      state: 'in-service',
      about: { code: 'run.entered', values: {} },
    })
  lab.onProgress({ event: 'state', sample: sample.id, state: 'in-service' })
}

/** One change at a time: on a password that could not be taken back no other is set. A change whose answer got lost is taken back. */
async function setLabPassword(
  lab: LabRun,
  bench: RunBench,
  sample: Sample,
  action: Action,
  account: string,
): Promise<void> {
  const id = `password ${account} ${sample.id}`
  if (!(await lab.changes.undo(id))) return
  const before = lab.secrets.credential(account, sample.id)
  const fresh = lab.secrets.fresh(`${account}-run-${sample.id}`, before.user)
  const undo: JournalledUndo = {
    action,
    values: { user: before.user, 'new-password': `secret:${before.secret}` },
    sample: sample.id,
    sets: fresh.secret,
  }
  let isSet = false
  await lab.changes.make(id, { code: 'run.password-set', values: { account } }, undo, async () => {
    isSet = tookEffect(action, await bench.perform(action, { user: before.user, 'new-password': fresh.password }))
    if (isSet) lab.secrets.use(account, sample.id, fresh.secret)
  })
  if (!isSet) await lab.changes.undo(id)
}

/**
 * Carries out an undo when the device is there. Nobody knows where a crash struck, so the account tries every secret that
 * an open change may have given it, newest first, then the one from before; where all are refused, again after the
 * declared lock, which the run itself may have caused, and after the time in which failures count.
 */
export function undoWith(benchOf: (sample: string) => RunBench | undefined, secrets: Secrets): CarryOut {
  return async (undo, open) => {
    const bench = benchOf(undo.sample)
    const values = valuesOf(undo, secrets)
    if (!bench || !values || !(await waitUntilAlive(bench)).alive) return false
    const { account } = undo.action
    if (account === undefined) return tookEffect(undo.action, await bench.perform(undo.action, values))
    const before = bench.credential(account).secret
    const sets = open.flatMap(({ undo: u }) =>
      u && u.sample === undo.sample && u.action.account === account && u.sets ? [u.sets] : [],
    )
    const first = open.find(
      ({ undo: u }) => u?.sets !== undefined && u.sample === undo.sample && u.action.account === account,
    )
    const candidates = [
      ...new Set([
        ...(sets.includes(before) ? [before] : []),
        ...sets.reverse(),
        oldSecretOf(first?.undo ?? null) ?? before,
      ]),
    ]
    /** Not taken back; whoever does not answer at all is not asked again now. */
    const stayWith = (secret: string): false => {
      secrets.use(account, undo.sample, secret)
      return false
    }
    let isRefused = false
    for (const wait of waitsOf(bench.statement)) {
      if (wait > 0 && isRefused)
        await bench.wait(wait * 1000, { code: 'run.waiting-unlock', values: { seconds: wait } })
      else if (isRefused) break
      for (const name of candidates) {
        if (secrets.value(name) === null) continue
        secrets.use(account, undo.sample, name)
        const exchange = await bench.perform(undo.action, values)
        if (tookEffect(undo.action, exchange)) {
          // Another account's password may be what is taken back; whose it is says `sets`.
          secrets.use(account, undo.sample, (undo.sets === undefined ? null : oldSecretOf(undo)) ?? name)
          return true
        }
        if (isSilent(exchange)) return stayWith(before)
        // A page that lets nobody in is not as the statement says it for who is in.
        isRefused ||= exchange.failure === null || exchange.browser !== undefined
      }
    }
    return stayWith(before)
  }
}

/** No answer, or none that ended, in the time an answer may take. */
const isSilent = ({ failure, rounds }: Exchange): boolean =>
  failure?.code === 'timeout' || rounds.at(-1)?.answer.end === 'timeout'

/** Placeholder values with the secrets they stand for; null where one is not known any more. */
function valuesOf(undo: JournalledUndo, secrets: Secrets): Record<string, string> | null {
  const entries = Object.entries(undo.values).map(
    ([k, v]) => [k, v.startsWith('secret:') ? secrets.value(v.slice(7)) : v] as const,
  )
  return entries.some(([, v]) => v === null) ? null : (Object.fromEntries(entries) as Record<string, string>)
}

const oldSecretOf = (undo: JournalledUndo | null): string | null => {
  const old = undo?.values['new-password']
  return old?.startsWith('secret:') ? old.slice(7) : null
}

/** At once, after the longest declared lock, and after whatever may count besides it. */
function waitsOf(statement: Statement): number[] {
  const all = lockSecondsOf(statement)
  const lock = Math.min(all, Math.max(0, ...statement.bruteForce.map((r) => (r.lockSeconds ?? -1) + 1)))
  const waits = [lock, all - lock].filter((s) => s > 0)
  return [0, ...(waits.length > 0 ? waits : [0])]
}

/** After this, no failed log-in of before counts any more, as far as the maker has declared it; 0 where nothing is declared. */
export const lockSecondsOf = ({ bruteForce }: Statement): number =>
  Math.min(
    LONGEST_LOCK_S,
    Math.max(
      0,
      ...bruteForce.flatMap((r) => [r.lockSeconds ?? 0, r.windowSeconds ?? 0]).map((s) => (s > 0 ? s + 1 : 0)),
    ),
  )
