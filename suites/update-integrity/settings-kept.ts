import { defineCriterion, evidence, gap, suspicion, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { wereAccepted } from '../facts/login-outcome.ts'
import type { Kept } from '../observations/update-refusal.ts'
import { bool, obj, opt } from '../schema.ts'
import { genuineInstalled, genuineOf, unproven } from './attempts.ts'
import { overUpdates } from './upload-page.ts'

const parameters = obj({
  /** At least one setting must have been read before and after; yes where nothing is said. Accounts always count. */
  settings: opt(bool()),
})
type Context = JudgeContext<{ settings?: boolean }>

/**
 * A genuine update leaves accounts and settings as they were: a camera that falls back to factory settings opens doors that
 * its owner had closed (ETSI EN 303 645 section 5.3; provision 5.1-1 for accounts that come back with a known password).
 */
export const criterion = defineCriterion({
  id: 'update-integrity/settings-kept',
  version: '1.1.0',
  ...overUpdates,
  parameters,
  judge({ value }, context) {
    const { kept } = value
    if (kept === null) return [gap('genuine-not-installed', {}, [unproven(value, context)])]
    const findings = kept.before.flatMap((before, i) => {
      const at = kept.after.findIndex((a) => a.what === before.what && a.name === before.name)
      const after = kept.after[at]
      return after ? [compare(before, after, i, at, context)] : [gap('not-read', { name: before.name }, [])]
    })
    const isInstalled = genuineInstalled(value, genuineOf(context))
    const proof = isInstalled ? [] : [gap('genuine-not-installed', {}, [unproven(value, context)])]
    return [...findings, ...proof, ...unread(kept.before, context)]
  },
})

/** What was not even looked at. */
function unread(before: readonly Kept[], context: Context): Finding[] {
  const has = (whats: Kept['what'][]) => before.some((k) => whats.includes(k.what))
  const settings = context.parameters.settings !== false && !has(['setting', 'log-setting'])
  return [
    ...(has(['login']) ? [] : [gap('no-login-declared', {}, [])]),
    ...(settings ? [gap('no-setting-declared', {}, [])] : []),
  ]
}

function compare(before: Kept, after: Kept, i: number, at: number, context: Context): Finding {
  const { name, what } = before
  const cites = [context.cite(`/kept/before/${i}`), context.cite(`/kept/after/${at}`)]
  if (what === 'login') {
    if (!wereAccepted([before.exchange])) return gap('login-did-not-work', { name }, cites)
    if (wereAccepted([before.exchange, after.exchange])) return evidence('login-kept', { name }, cites)
    const status = answerOf(after.exchange)?.status ?? 0
    return status === 401 || status === 403
      ? violation('login-lost', { name, status }, cites)
      : gap('not-read', { name }, cites)
  }
  if (before.text === null || after.text === null) return gap('not-read', { name }, cites)
  if (before.text === after.text) return evidence('kept', { name }, cites)
  const values = { name, before: before.text.slice(0, 100), after: after.text.slice(0, 100) }
  return what === 'identity'
    ? suspicion('identity-changed', values, cites)
    : violation('setting-changed', values, cites)
}
