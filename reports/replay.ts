import { faulty, ok, type Result } from '../suites/fault.ts'
import type { Judgement } from '../suites/judge.ts'
import { registry } from '../suites/registry.generated.ts'
import { evidenceOf, type Recorded } from './evidence.ts'
import { exchangeLines, exchangesIn, valueLines } from './formats/exchange-text.ts'
import { resolve, seenOf, tokensOf } from './formats/source.ts'
import { schemaAt } from './formats/parts/schema-walk.ts'
import { criterionTitle, kindTitle, subjectLabel, toldPlain, word } from './formats/texts.ts'
import { visible } from './formats/visible.ts'
import { t, type Language } from './locales/index.ts'
import { judgeApart } from './rejudge.ts'
import { EXIT } from './verbs/terminal.ts'

/** A criterion by its id or the last part of it. */
export function criterionNamed(name: string): Result<string> {
  const ids = [...registry.criteria.keys()]
  const found = ids.filter((id) => id === name || id.endsWith(`/${name}`))
  const [id] = found
  return id !== undefined && found.length === 1
    ? ok(id)
    : faulty({ code: 'not-one-of', values: { expected: ids.join(', ') }, field: name })
}

/** One criterion judged on evidence, with every set of parameters that the regulations give it. */
export async function judgedAlone(recorded: Recorded, criterion: string): Promise<Result<Judgement[]>> {
  const others = [...registry.criteria.keys()].filter((id) => id !== criterion)
  // Regulations of a report may ask for criteria that this version does not have.
  const asked = recorded.regulations.flatMap((r) =>
    r.clauses.flatMap((c) => (c.criteria ?? []).map((d) => d.criterion)),
  )
  if (!asked.includes(criterion))
    return faulty({ code: 'criterion-unasked', values: { criterion, known: [...new Set(asked)].sort().join(', ') } })
  const deselected = [...new Set([...others, ...asked.filter((a) => a !== criterion)])]
  const judged = await judgeApart(evidenceOf(recorded, deselected, 'rehearsal'))
  if (!judged.done) return faulty({ code: `judging-${judged.why}`, values: { detail: judged.detail } })
  return ok(judged.verdicts.judgements.filter((j) => j.criterion === criterion))
}

export const exitOfJudgements = (judgements: readonly Judgement[]): number =>
  judgements.some((j) => j.verdict === 'fail')
    ? EXIT.doesNotConform
    : judgements.some((j) => j.verdict === 'inconclusive') || judgements.length === 0
      ? EXIT.undetermined
      : 0

/** One observation as it was made: each exchange, or why there is none. */
export function observationLines(o: Recorded['observations'][number], language: Language): string[] {
  const seen = seenOf(o.seen)
  const state = word(language, `state.${o.state}`)
  const exchanges = exchangesIn(seen.value)
  return [
    visible(`${kindTitle(o.kind)[language]} – ${subjectLabel(o.subject)[language]} · ${state}`),
    ...exchanges.slice(0, MOST_EXCHANGES).flatMap((e) => exchangeLines(e, language).map((l) => `  ${l}`)),
    ...(exchanges.length > MOST_EXCHANGES
      ? [`  ${t(language, 'replay', 'more-exchanges', { count: exchanges.length - MOST_EXCHANGES })}`]
      : []),
    ...(seen.why ? [`  ! ${toldPlain(language, seen.why)}`] : []),
  ]
}
const MOST_EXCHANGES = 60
const MOST_CITES = 12

/** The verdict on one subject, each finding, and the bytes that it cites. */
export function judgementLines(judgement: Judgement, recorded: Recorded, language: Language): string[] {
  const { criterion, subject, state, verdict, findings } = judgement
  const place = `${subjectLabel(subject)[language]}${state ? ` · ${word(language, `state.${state}`)}` : ''}`
  return [
    visible(`${word(language, `outcome.${verdict}`).toUpperCase()}: ${criterionTitle(criterion)[language]} – ${place}`),
    ...findings.flatMap((f) => {
      const kind = f.is === 'violation' && f.certainty === 'suspect' ? 'suspicion' : f.is
      return [
        `  ${word(language, `finding.${kind}`)}: ${toldPlain(language, f.message, criterion)}`,
        ...(f.expected
          ? [`    ${word(language, 'judgement.expected')}: ${toldPlain(language, f.expected, criterion)}`]
          : []),
        ...f.cites.slice(0, MOST_CITES).flatMap((c) => citeLines(c, recorded, language).map((l) => `    ${l}`)),
      ]
    }),
  ]
}

type Cite = Judgement['findings'][number]['cites'][number]

/** A citation with what stands there: the exchange around it, else the value itself. */
function citeLines({ kind, subject, state, at }: Cite, recorded: Recorded, language: Language): string[] {
  const head = visible(`${word(language, 'judgement.evidence')} ${kind} ${subject} ${state} ${at || '/'}`)
  const o = recorded.observations.find((x) => x.kind === kind && x.subject === subject && x.state === state)
  const value = o ? seenOf(o.seen).value : undefined
  const found = resolve(value, at)
  if (!found) return [head, `  ${word(language, 'evidence.no-part')}`]
  const around = exchangesIn(value).find((e) => at === e.at || at.startsWith(`${e.at}/`))
  if (around) return [head, ...exchangeLines(around, language).map((l) => `  ${l}`)]
  const schema = tokensOf(at).reduce(schemaAt, registry.kinds.get(kind)?.schema ?? null)
  const lines = valueLines(found.value, schema, language)
  return [head, ...lines.slice(0, MOST_LINES).map((l) => `  ${l}`)]
}
const MOST_LINES = 80
