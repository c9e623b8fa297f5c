import { defineCriterion, evidence, gap, violation, type Finding } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { bodyHolds } from '../facts/http-text.ts'
import { deniesInBody } from '../facts/json-result.ts'
import { alike, looksGranted, saysNo } from '../facts/likeness.ts'
import { kind } from '../observations/rights.ts'
import { obj } from '../schema.ts'

/**
 * An account that may only look neither reads nor does what is declared for administrators (EN 303 645 provision 5.1-3
 * with 5.6-7, least privilege). Every refusal stands beside the same request by the administrator, which worked.
 */
export const criterion = defineCriterion({
  id: 'authentication/viewer-rights',
  version: '1.0.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: ({ accounts }) =>
    accounts.some((a) => a.role === 'viewer')
      ? { answer: 'yes' }
      : { answer: 'unknown', why: { code: 'no-viewer-declared', values: {} } },
  judge({ value }, { cite }) {
    const controls = [cite('/anonymous'), cite('/login')]
    const login = answerOf(value.login)
    if (!looksGranted(login) || alike(login, login, answerOf(value.anonymous)) !== 'granted')
      return [gap('viewer-unproven', { account: value.viewer }, controls)]
    const findings: Finding[] = value.visits.map(({ target, ...one }, i) => {
      const [anonymous, genuine, viewer] = [one.anonymous, one.administrator, one.viewer].map(answerOf)
      const cites = [cite(`/visits/${i}/viewer`), cite(`/visits/${i}/administrator`), ...controls]
      if (!genuine || !looksGranted(genuine) || alike(genuine, genuine, anonymous ?? null) !== 'granted')
        return gap('administrator-unproven', { target }, cites)
      const likeness = alike(viewer ?? null, genuine, anonymous ?? null)
      if (likeness === 'granted') return violation('viewer-reads', { target }, cites)
      return viewer && (likeness === 'refused' || saysNo(viewer))
        ? evidence('viewer-refused', { target, status: viewer.status }, cites)
        : gap('unclear', { target }, cites)
    })
    for (const [i, { id, done, ...one }] of value.actions.entries()) {
      const cites = [cite(`/actions/${i}/viewer`), cite(`/actions/${i}/administrator`), ...controls]
      const viewer = answerOf(one.viewer)
      if (bodyHolds(one.viewer, done)) findings.push(violation('viewer-does', { action: id }, cites))
      else if (!bodyHolds(one.administrator, done)) findings.push(gap('action-unproven', { action: id }, cites))
      else if (viewer && (saysNo(viewer) || deniesInBody(viewer.body, answerOf(one.administrator)?.body ?? NOTHING)))
        findings.push(evidence('viewer-may-not', { action: id, status: viewer.status }, cites))
      else findings.push(gap('unclear', { target: id }, cites))
    }
    if (findings.length === 0) findings.push(gap('nothing-declared', {}, [cite('/visits'), cite('/actions')]))
    if (!value.complete) findings.push(gap('incomplete', {}, [cite('/visits')]))
    return findings
  },
})

const NOTHING = new Uint8Array()
