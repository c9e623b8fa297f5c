import { defineCriterion, evidence, gap, suspicion, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { alike } from '../facts/likeness.ts'
import { newEntries, readLog } from '../facts/log-entries.ts'
import { wereAccepted } from '../facts/login-outcome.ts'
import { kind as logClearing, type LogClearing } from '../observations/log-clearing.ts'
import type { Exchange } from '../observations/exchange.ts'
import { obj } from '../schema.ts'
import { declaredClearing } from './clearing.ts'

/** A viewer cannot empty the log. The administrator's success by the same request is the control: else nothing was tried. */
export const criterion = defineCriterion({
  id: 'logging/log-not-clearable-by-viewer',
  version: '1.1.0',
  area: 'logging',
  over: logClearing,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: declaredClearing,
  contradicts,
  judge({ value: { tries } }, { cite }) {
    if (tries === null) return [gap('not-tried', {}, [cite('/tries')])]
    const [login, nobody] = [answerOf(tries.login), answerOf(tries.nobody ?? null)]
    if (!wereAccepted([tries.login]) || (nobody !== null && alike(login, login, nobody) !== 'granted'))
      return [gap('viewer-not-shown', {}, [cite('/tries/login')])]
    const read = [tries.before, tries.between, tries.after].map(readLog)
    const [before, between, after] = read
    if (!before || !between || !after) return [gap('log-not-read', {}, [cite('/tries')])]
    if (before.entries.length === 0) return [gap('log-empty', {}, [cite('/tries/before')])]
    const byViewer = ['/tries/before', '/tries/byViewer', '/tries/between'].map(cite)
    const left = kept(before.entries, between.entries)
    const lost = before.entries.length - left
    // A log of bounded length gives up an old entry for each new one.
    const isRolled = lost <= newEntries(before.entries, between.entries).length
    if (left === 0 && !isRolled) return [violation('cleared-by-viewer', { viewer: tries.viewer }, byViewer)]
    if (left === 0 || !isRolled) return [suspicion('entries-lost', { entries: lost }, byViewer)]
    // Nothing was refused to whoever did not get to ask for it.
    if (tries.byViewer.failure !== null) return [gap('viewer-not-tried', {}, byViewer)]
    const byAdministrator = ['/tries/byAdministrator', '/tries/after'].map(cite)
    if (kept(before.entries, after.entries) > 0) return [gap('administrator-did-not-clear', {}, byAdministrator)]
    return [evidence('refused', { viewer: tries.viewer, entries: left }, [...byViewer, ...byAdministrator])]
  },
})

const kept = (before: readonly string[], later: readonly string[]): number => {
  const still = new Set(later)
  return before.filter((e) => still.has(e)).length
}

const isCleared = (before: Exchange, later: Exchange): boolean => {
  const [was, is] = [readLog(before), readLog(later)]
  return (
    was !== null &&
    is !== null &&
    kept(was.entries, is.entries) === 0 &&
    was.entries.length > newEntries(was.entries, is.entries).length
  )
}

/** No way to clear the log is declared, and there is one (rule 5). */
function contradicts(context: JudgeContext<unknown>): Finding[] {
  const isClaimed = context.statement.notApplicable?.some((n) => n.criterion === criterion.id) ?? false
  return context.others<LogClearing>(logClearing).flatMap(({ seen, cite }) => {
    const tries = seen.answered ? seen.value.tries : null
    if (!tries) return []
    const byViewer = isCleared(tries.before, tries.between)
    if (!byViewer && !isCleared(tries.between, tries.after)) return []
    const cites = [cite('/tries/before'), cite(byViewer ? '/tries/between' : '/tries/after')]
    if (byViewer) return [violation('cleared-by-viewer', { viewer: tries.viewer }, cites)]
    return [(isClaimed ? violation : suspicion)('clearing-not-declared', {}, cites)]
  })
}
