import {
  defineCriterion,
  evidence,
  gap,
  suspicion,
  violation,
  type Applies,
  type Cite,
  type Finding,
  type JudgeContext,
} from '../criterion.ts'
import { answerOf, isCut } from '../facts/answer.ts'
import { utf8 } from '../facts/log-words.ts'
import { responseTo } from '../facts/onvif.ts'
import { childOf, descendantsOf } from '../facts/xml.ts'
import type { Exchange } from '../observations/exchange.ts'
import { onvifAt, onvifServices } from '../observations/onvif-endpoints.ts'
import { kind as onvifOperations } from '../observations/onvif-operations.ts'
import { kind, type UnitReadings } from '../observations/unit-readings.ts'
import { obj, type Static } from '../schema.ts'
import type { Account } from '../statement.ts'

const parameters = obj({})
type Context = JudgeContext<Static<typeof parameters>>

/** Accounts as the unit lists them to somebody who logged in. */
interface AccountList {
  from: string
  names: { name: string; isAnonymous: boolean }[]
  by: Account | undefined
  isWhole: boolean
  cite: Cite
}

/**
 * The unit lists no account that its statement does not name: a hidden one is open to whoever knows of it (EN 303 645
 * provisions 5.1-1 and 5.6-1; hidden accounts against the user list). A list counts as whole where an administrator asked
 * for it and finds its own name in it; one that lacks a declared account shows that accounts are kept elsewhere too.
 */
export const criterion = defineCriterion({
  id: 'authentication/no-undeclared-accounts',
  version: '1.1.0',
  area: 'authentication',
  over: kind,
  also: [onvifOperations],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: (statement): Applies =>
    statement.accountList || onvifServices(statement).length > 0
      ? { answer: 'yes' }
      : { answer: 'unknown', why: { code: 'no-list-declared', values: {} } },
  judge({ value }, context) {
    const lists = [...declaredList(value, context), ...onvifLists(context)]
    const known = new Set(context.statement.accounts.flatMap(({ user }) => [keyOf(user), keyOf(utf8(user))]))
    const whole = lists.filter((l) => isWhole(l))
    return [
      ...strangers(lists, known),
      ...lacking(whole, lists, context),
      ...(whole.length > 0
        ? [
            evidence(
              'listed',
              { count: whole[0]?.names.length ?? 0, from: whole.map((l) => l.from).join(', ') },
              whole.map((l) => l.cite),
            ),
          ]
        : [
            gap(
              'no-whole-list',
              { lists: lists.length },
              lists.length > 0 ? lists.map((l) => l.cite) : [context.cite('/accounts')],
            ),
          ]),
    ]
  },
})

const keyOf = (name: string): string => name.trim().toLowerCase()

const isWhole = ({ isWhole: isComplete, by, names }: AccountList): boolean =>
  isComplete &&
  by?.role === 'administrator' &&
  names.some(({ name }) => [keyOf(by.user), keyOf(utf8(by.user))].includes(keyOf(name)))

/** An accidental name of the lab's own: the account that it makes to see it recorded. */
const LABS = /^cs[0-9]{12}$/
/** Names that may be a declared one in another form: escaped, or not ASCII. */
const CODED = /[^\x20-\x7e]|\\|%|&|\{secret/

/** Each listed name that nobody declares, once. */
function strangers(lists: readonly AccountList[], known: ReadonlySet<string>): Finding[] {
  const found = new Map<string, { name: string; lists: AccountList[]; isAnonymous: boolean }>()
  for (const list of lists)
    for (const { name, isAnonymous } of list.names) {
      const key = keyOf(name)
      if (key === '' || known.has(key)) continue
      const one = found.get(key) ?? { name: name.trim(), lists: [], isAnonymous }
      if (!one.lists.includes(list)) one.lists.push(list)
      found.set(key, one)
    }
  return [...found.values()].map(({ name, lists: where, isAnonymous }) => {
    const values = { name: name.slice(0, 64), from: where.map((l) => l.from).join(', ') }
    const cites = where.map((l) => l.cite)
    if (LABS.test(name)) return gap('of-the-lab', values, cites)
    return isAnonymous || CODED.test(name)
      ? suspicion('undeclared', values, cites)
      : violation('undeclared', values, cites)
  })
}

/** Declared accounts that no list names: where they are kept others may be, of which nothing was read. */
function lacking(whole: readonly AccountList[], lists: readonly AccountList[], { statement }: Context): Finding[] {
  const listed = lists.flatMap((l) => l.names.map(({ name }) => name))
  if (whole.length === 0 || listed.some((name) => CODED.test(name))) return []
  const keys = new Set(listed.map(keyOf))
  const missing = statement.accounts.filter(({ user }) => !keys.has(keyOf(user)) && !keys.has(keyOf(utf8(user))))
  if (missing.length === 0) return []
  const names = [...new Set(missing.map(({ user }) => user))].sort().join(', ')
  return [
    suspicion(
      'kept-elsewhere',
      { names },
      whole.map((l) => l.cite),
    ),
  ]
}

const isComplete = (exchange: Exchange | null): boolean =>
  exchange !== null && !isCut(exchange) && exchange.rounds.at(-1)?.answer.end !== 'too-long'

function declaredList({ accounts }: UnitReadings, { statement, cite }: Context): AccountList[] {
  if (accounts === null || accounts.names.length === 0) return []
  return [
    {
      from: statement.accountList?.target ?? '',
      names: accounts.names.map((name) => ({ name, isAnonymous: false })),
      by: statement.accounts.find((a) => a.id === accounts.account),
      isWhole: !accounts.more && isComplete(accounts.exchange),
      cite: cite('/accounts'),
    },
  ]
}

/** What GetUsers gave to the declared account (ONVIF Core, user handling). */
const onvifLists = ({ statement, subject, others }: Context): AccountList[] =>
  others(onvifOperations).flatMap((o): AccountList[] => {
    const { seen } = o
    if (!seen.answered || !o.subject.startsWith(`${subject}/`)) return []
    const account = (onvifAt(statement, o.subject) ?? onvifServices(statement)[0])?.onvif.account
    return seen.value.asked.flatMap(({ operation, service, genuine }, i) => {
      const response = operation === 'GetUsers' ? responseTo(operation, service, answerOf(genuine)) : null
      if (!response) return []
      const names = descendantsOf(response, 'User').flatMap((user) => {
        const name = childOf(user, 'Username')?.text ?? ''
        return name.trim() === ''
          ? []
          : [{ name, isAnonymous: childOf(user, 'UserLevel')?.text.trim() === 'Anonymous' }]
      })
      const by = statement.accounts.find((a) => a.id === account)
      const { port, family } = seen.value
      const from = `ONVIF GetUsers (${port}, ${family})`
      return [{ from, names, by, isWhole: isComplete(genuine), cite: o.cite(`/asked/${i}/genuine`) }]
    })
  })
