import type { Action, Sample } from '../suites/statement.ts'
import type { LabRun } from './run.ts'
import type { RunBench } from './bench.ts'
import type { Undo } from './probe.ts'
import type { Secrets } from './secrets.ts'
import { tookEffect } from './effect.ts'

/**
 * First use where the unit came factory-fresh, then a random password for the administrator: while guessing is tried,
 * the right password is on no list. The old one is put back at the end, also after a crash.
 */
export async function bringIntoService(lab: LabRun, bench: RunBench, sample: Sample, already: boolean): Promise<boolean> {
  const { initialise, changePassword } = lab.statement.actions
  if (sample.arrives === 'factory-fresh' && initialise && !already) {
    const wanted = initialise.account ?? lab.statement.accounts.find((a) => a.role === 'administrator')?.id
    const password = wanted ? lab.secrets.credential(wanted).password : ''
    await lab.changes.make(`initialise ${sample.id}`, { code: 'run.initialised', values: {} }, null, async () => {
      const { account: _, ...bare } = initialise
      await bench.perform(bare, { 'new-password': password, user: wanted ? lab.secrets.credential(wanted).user : '' })
    })
  }
  if (changePassword?.account) await setLabPassword(lab, bench, sample, changePassword, changePassword.account)
  if (!already) lab.run.append({ type: 'state', sample: sample.id, state: 'in-service', about: { code: 'run.entered', values: {} } })
  lab.onProgress({ event: 'state', sample: sample.id, state: 'in-service' })
  return true
}

async function setLabPassword(lab: LabRun, bench: RunBench, sample: Sample, action: Action, account: string): Promise<void> {
  const before = lab.secrets.credential(account)
  const fresh = lab.secrets.fresh(`${account}-run-${sample.id}`, before.user)
  const undo: Undo = { action, values: { user: before.user, 'new-password': `secret:${before.secret}` }, }
  await lab.changes.make(`password ${account} ${sample.id}`, { code: 'run.password-set', values: { account } }, undo, async () => {
    const exchange = await bench.perform(action, { user: before.user, 'new-password': fresh.password })
    if (tookEffect(action, exchange)) lab.secrets.use(account, fresh.secret)
  })
}

/** Carries out an undo: with the newest secret first, since nobody knows where a crash struck. */
export function undoWith(bench: RunBench, secrets: Secrets): (undo: Undo) => Promise<boolean> {
  return async (undo) => {
    const values = Object.fromEntries(
      Object.entries(undo.values).map(([k, v]) => [k, v.startsWith('secret:') ? (secrets.value(v.slice(7)) ?? '') : v]),
    )
    const account = undo.action.account
    for (const name of account ? secrets.candidates(account) : [null]) {
      if (name !== null && account) secrets.use(account, name)
      if (!tookEffect(undo.action, await bench.perform(undo.action, values))) continue
      const old = undo.values['new-password']
      if (account && old?.startsWith('secret:')) secrets.use(account, old.slice(7))
      return true
    }
    return false
  }
}
