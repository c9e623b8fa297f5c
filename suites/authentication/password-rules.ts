import { defineCriterion, evidence, gap, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { alike, looksGranted } from '../facts/likeness.ts'
import { classesOf, commonPasswords } from '../facts/password.ts'
import type { Exchange } from '../observations/exchange.ts'
import { kind, type PasswordRules } from '../observations/password-rules.ts'
import { bool, int, obj, opt, type Static } from '../schema.ts'

/** What a password must be; a rule that is not named is not asked for. Numbers mean *at least*. */
const parameters = obj({
  minimumLength: opt(int(1, 128)),
  /** Kinds of characters: small letters, capitals, digits, others. */
  classes: opt(int(1, 4)),
  /** The user name must be refused. */
  notUserName: opt(bool()),
  /** Passwords of the catalogue must be refused. */
  notCommon: opt(bool()),
})
type Rules = Static<typeof parameters>
type Rule = 'length' | 'classes' | 'user-name' | 'common'

/** The device itself enforces the rules for passwords: what breaks one is not taken (EN 303 645 provision 5.1-1; Decision 724). */
export const criterion = defineCriterion({
  id: 'authentication/password-rules',
  version: '1.0.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['in-service'],
  parameters,
  catalogues: ['common-passwords'],
  applies: ({ actions }) =>
    actions.changePassword ? { answer: 'yes' } : { answer: 'unknown', why: { code: 'no-change-declared', values: {} } },
  judge({ value }, context) {
    const { cite, parameters: rules } = context
    const asked = askedOf(rules)
    if (asked.length === 0) return [gap('no-rule-asked', {}, [cite('/tries')])]
    const is = grantedBy(value)
    const good = [cite('/before'), cite('/control/change'), cite('/control/login')]
    if (!looksGranted(answerOf(value.before)) || !is(value.before)) return [gap('log-in-unproven', {}, good)]
    if (!is(value.control.login)) return [gap('change-unproven', { account: value.account }, good)]
    const common = commonPasswords(context.catalogue('common-passwords'))
    const tried = new Set<Rule>()
    const findings = value.tries.flatMap((one, i): Finding[] => {
      const broken = brokenBy(one.candidate, value.user, rules, common)
      const at = [cite(`/tries/${i}`), ...good]
      const taken = one.now !== null && is(one.now)
      if (broken.length === 0) return []
      if (!taken && one.change.failure?.code === 'lab')
        return [gap('try-not-sent', { length: one.candidate.length, detail: one.change.failure.detail }, at)]
      if (!taken && !is(one.old)) return [gap('try-unclear', { length: one.candidate.length }, at)]
      for (const rule of broken) tried.add(rule)
      const values = { candidate: one.candidate, length: one.candidate.length, classes: classesOf(one.candidate) }
      return taken ? broken.map((rule) => violation(`taken-${rule}`, values, at)) : []
    })
    const missing = asked.filter((rule) => !tried.has(rule))
    const refused = [...tried].filter((rule) => !findings.some((f) => f.message.code === `taken-${rule}`))
    return [
      ...findings,
      ...missing.map((rule) => gap('rule-not-tried', { rule }, [cite('/tries')])),
      ...refused.map((rule) => evidence(`refused-${rule}`, numbersOf(rules), [cite('/tries'), ...good])),
      ...left(value, is, context),
    ]
  },
})

/** Whether an answer is that of a log-in that worked. */
const grantedBy =
  ({ before, anonymous }: PasswordRules) =>
  (exchange: Exchange): boolean =>
    alike(answerOf(exchange), answerOf(before), answerOf(anonymous)) === 'granted'

const askedOf = (rules: Rules): Rule[] => [
  ...(rules.minimumLength === undefined ? [] : (['length'] as const)),
  ...(rules.classes === undefined ? [] : (['classes'] as const)),
  ...(rules.notUserName === true ? (['user-name'] as const) : []),
  ...(rules.notCommon === true ? (['common'] as const) : []),
]
const numbersOf = ({ minimumLength = 0, classes = 0 }: Rules): Record<string, number> => ({ minimumLength, classes })

/** The rules a candidate breaks. */
function brokenBy(candidate: string, user: string, rules: Rules, common: readonly string[]): Rule[] {
  if (candidate.toLowerCase() === user.toLowerCase() && rules.notUserName === true) return ['user-name']
  return [
    ...(candidate.length < (rules.minimumLength ?? 0) ? (['length'] as const) : []),
    ...(classesOf(candidate) < (rules.classes ?? 0) ? (['classes'] as const) : []),
    ...(rules.notCommon === true && common.includes(candidate) ? (['common'] as const) : []),
  ]
}

/** What was not tried to the end. */
function left(value: PasswordRules, is: (e: Exchange) => boolean, { cite }: JudgeContext<Rules>): Finding[] {
  return [
    ...(value.complete ? [] : [gap('incomplete', { count: value.tries.length }, [cite('/tries')])]),
    ...(is(value.after) ? [] : [gap('not-put-back', { account: value.account }, [cite('/after')])]),
  ]
}
