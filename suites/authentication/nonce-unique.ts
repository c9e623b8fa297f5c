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
import { digestNonces, passwordChallengesOf } from '../facts/challenge.ts'
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
/** A nonce made of the time in seconds is another one after this. */
const MOMENT = 1_200_000
/** Nonces of the same length that differ in fewer places than this look counted, not drawn. */
const LEAST_PLACES = 6

/**
 * Digest nonces are made anew for every challenge, and an answer counts once (RFC 7616 sections 3.3, 5.4 and 5.5). That a
 * nonce is another one for every challenge is a should there: of one that lasts a moment it cannot be told from a few tries
 * whether its uses are counted or it was over by then.
 */
export const criterion = defineCriterion({
  id: 'authentication/nonce-unique',
  version: '1.2.0',
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
    const replayed = replayFindings(value, context)
    return [...nonceFindings(value, nonces, replayed, context), ...replayed]
  },
})

interface Nonces {
  at: string
  /** When it was asked for, in microseconds. */
  asked: number
  values: string[]
}

/** The nonces of every answer that has any. */
const noncesOf = ({ fresh, kept, later }: Challenges): Nonces[] =>
  [
    ...fresh.map((e, i) => ({ e, at: `/fresh/${i}` })),
    ...kept.map((e, i) => ({ e, at: `/kept/${i}` })),
    ...(later ? [{ e: later, at: '/later' }] : []),
  ].flatMap(({ e, at }) => {
    const answer = answerOf(e)
    const values = answer ? digestNonces(answer) : []
    return values.length > 0 ? [{ at, asked: e.at, values }] : []
  })

/** Equal over different answers, or so alike that the next one can be told. */
function nonceFindings({ later }: Challenges, nonces: Nonces[], replayed: Finding[], { cite }: Context): Finding[] {
  const first = new Map<string, Nonces>()
  const again: { before: Nonces; same: Nonces }[] = []
  for (const one of nonces)
    for (const value of one.values) {
      const before = first.get(value)
      if (before) again.push({ before, same: one })
      else first.set(value, one)
    }
  const all = [...first.keys()]
  const cites = nonces.map(({ at }) => cite(at))
  const [reused] = again
  if (reused) {
    const isOfAMoment = again.every(({ before, same }) => same.asked - before.asked < MOMENT)
    const isCounted = replayed.length > 0 && replayed.every((f) => f.message.code.startsWith('refused-'))
    return isOfAMoment && isCounted && later && nonces.some(({ at }) => at === '/later')
      ? [suspicion('nonce-of-a-moment', { count: all.length }, cites)]
      : [violation('nonce-reused', { count: nonces.length }, [cite(reused.before.at), cite(reused.same.at)])]
  }
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
    isKept
      ? seen(replay.here, 'here', asked === 'refused')
      : seen(replay.here, 'elsewhere', asked === 'refused' || (asked === 'refused-in-clear' && !tls)),
  ]
}
