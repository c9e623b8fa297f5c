import {
  always,
  defineCriterion,
  evidence,
  gap,
  suspicion,
  violation,
  type Finding,
  type JudgeContext,
} from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { challengesOf, passwordChallengesOf } from '../facts/challenge.ts'
import { alike, looksGranted } from '../facts/likeness.ts'
import { kind, type Challenges } from '../observations/challenges.ts'
import { obj, oneOf, opt, type Static } from '../schema.ts'
import { asksByForm } from './by-form.ts'

const parameters = obj({
  /**
   * What must become of an answer that was used before. A server without memory cannot refuse one while its nonce is
   * young (RFC 7616 section 5.5), which harms only where it can be overheard: `refused-in-clear` asks for refusal on
   * another connection outside TLS, `refused` everywhere. `refused` where nothing is said.
   */
  replay: opt(oneOf('refused', 'refused-in-clear', 'noted')),
})
type Context = JudgeContext<Static<typeof parameters>>

const LEAST_CONNECTIONS = 4
/** Nonces of the same length that differ in fewer places than this look counted, not drawn. */
const LEAST_PLACES = 6

/** Digest nonces are made anew for every challenge, and an answer counts once (RFC 7616 sections 3.3, 5.4 and 5.5). */
export const criterion = defineCriterion({
  id: 'authentication/nonce-unique',
  version: '1.1.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: always,
  judge({ value }, context) {
    const { cite } = context
    const answers = value.fresh.map(answerOf)
    const asking = answers.filter((a) => a !== null && passwordChallengesOf(a).length > 0).length
    if (asksByForm(value)) return [evidence('asks-by-form', {}, [cite('/fresh'), cite('/genuine')])]
    if (asking < LEAST_CONNECTIONS) return [gap('too-few-challenges', { count: asking }, [cite('/fresh')])]
    const nonces = noncesOf(value)
    if (nonces.length === 0) {
      const isOverheard = !value.tls && context.parameters.replay !== 'noted'
      return [
        (isOverheard ? violation : evidence)(isOverheard ? 'no-nonce' : 'no-digest', { count: asking }, [
          cite('/fresh'),
        ]),
      ]
    }
    if (nonces.length < LEAST_CONNECTIONS)
      return [gap('too-few-challenges', { count: nonces.length }, [cite('/fresh')])]
    return [...nonceFindings(nonces, context), ...replayFindings(value, context)]
  },
})

interface Nonces {
  at: string
  /** One answer may give one nonce to several algorithms (RFC 7616 section 3.9.1). */
  values: string[]
}

/** The nonces of every answer that has any. */
const noncesOf = ({ fresh, kept }: Challenges): Nonces[] =>
  [...fresh.map((e, i) => ({ e, at: `/fresh/${i}` })), ...kept.map((e, i) => ({ e, at: `/kept/${i}` }))].flatMap(
    ({ e, at }) => {
      const answer = answerOf(e)
      const values = answer
        ? challengesOf(answer).flatMap((c) => (c.scheme === 'digest' ? [c.parameters['nonce'] ?? ''] : []))
        : []
      return values.length > 0 ? [{ at, values: [...new Set(values)] }] : []
    },
  )

/** Equal over different answers, or so alike that the next one can be told. */
function nonceFindings(nonces: Nonces[], { cite }: Context): Finding[] {
  const first = new Map<string, string>()
  for (const { at, values } of nonces)
    for (const value of values) {
      const before = first.get(value)
      if (before !== undefined) return [violation('nonce-reused', { count: nonces.length }, [cite(before), cite(at)])]
      first.set(value, at)
    }
  const all = [...first.keys()]
  const cites = nonces.map(({ at }) => cite(at))
  const places = placesThatDiffer(all)
  return places !== null && places < LEAST_PLACES
    ? [suspicion('nonce-guessable', { places }, cites)]
    : [evidence('nonces-differ', { count: all.length }, cites)]
}

/** In how many places texts of one length differ; null where their lengths do. */
function placesThatDiffer(texts: readonly string[]): number | null {
  const [one = ''] = texts
  if (texts.some((t) => t.length !== one.length)) return null
  let places = 0
  for (let i = 0; i < one.length; i++) if (texts.some((t) => t.charAt(i) !== one.charAt(i))) places++
  return places
}

/** A used answer sent again, beside the genuine one before and a new one after. */
function replayFindings({ replay, tls, fresh, genuine }: Challenges, { cite, parameters }: Context): Finding[] {
  const [bad, good] = [answerOf(fresh[0] ?? null), answerOf(replay?.genuine ?? null)]
  const controls = [cite('/replay/genuine'), cite('/replay/after')]
  if (replay === null || !looksGranted(good)) return [gap('replay-unproven', {}, [cite('/genuine'), cite('/replay')])]
  const isGranted = (of: Challenges['genuine']): boolean => alike(answerOf(of), good, bad) === 'granted'
  if (!isGranted(replay.genuine) || !isGranted(genuine)) return [gap('replay-unproven', {}, controls)]
  const asked = parameters.replay ?? 'refused'
  const isKept = replay.here.connection === replay.genuine.connection
  const seen = (of: Challenges['genuine'], code: 'elsewhere' | 'here', counts: boolean): Finding => {
    const cites = [cite(`/replay/${code}`), ...controls]
    const answer = answerOf(of)
    if (isGranted(of)) return (counts ? violation : evidence)(`accepted-${code}`, {}, cites)
    return answer !== null && isGranted(replay.after) && alike(answer, good, bad) === 'refused'
      ? evidence(`refused-${code}`, {}, cites)
      : (counts ? gap : evidence)(`unclear-${code}`, {}, cites)
  }
  return [
    seen(replay.elsewhere, 'elsewhere', asked === 'refused' || (asked === 'refused-in-clear' && !tls)),
    ...(isKept ? [seen(replay.here, 'here', asked === 'refused')] : []),
  ]
}
