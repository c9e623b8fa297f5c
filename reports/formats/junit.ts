import { keyOf } from '../../suites/observation.ts'
import { t, type Language } from '../locales/index.ts'
import type { FindingRecord, JudgementRecord, RegulationRecord, ReportSource } from './source.ts'
import { criterionTitle, instantText, toldPlain, word } from './texts.ts'
import { stampsOf } from './stamps.ts'
import { visible } from './visible.ts'

interface Case {
  name: string
  classname: string
  title: string
  verdict: 'pass' | 'fail' | 'inconclusive' | 'not-applicable' | 'not-assessed' | 'unrun'
  message: string
  lines: string[]
  micros: number
}

interface Suite {
  name: string
  cases: Case[]
}

interface Context {
  source: ReportSource
  language: Language
  /** Microseconds by key of an observation. */
  spent: ReadonlyMap<string, number>
}

/**
 * JUnit XML for machines that know nothing else: a suite for each regulation and area, a case for each judgement. A fail
 * is a failure, an inconclusive one an error (it must not look like a pass), everything that was not judged is skipped.
 */
export function renderJunit(source: ReportSource, language: Language): string {
  const context = {
    source,
    language,
    spent: new Map(source.observations.map((o) => [keyOf(o), o.endedAt - o.startedAt])),
  }
  const suites = source.report.verdicts.regulations.flatMap((r) => suitesOf(r, context))
  const all = suites.flatMap((s) => s.cases)
  const { run } = source.report
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="camseal"${counts(all)} time="${seconds(run.endedAt - run.startedAt)}">
${suites.map((s) => suiteXml(s, source, language)).join('')}</testsuites>
`
}

const areaOf = (criterion: string): string => criterion.split('/')[0] ?? ''

/** `<criterion>[<subject>@<state>]`, with the parameters' digest where a regulation asks twice: stable between runs. */
const nameOf = (j: JudgementRecord, twice: boolean): string =>
  `${j.criterion}[${j.subject}@${j.state ?? ''}]${twice ? `#${j.parametersDigest.slice(0, 8)}` : ''}`

function suitesOf(regulation: RegulationRecord, context: Context): Suite[] {
  const { source, language } = context
  const byArea = new Map<string, Case[]>()
  const add = (area: string, made: Case) => byArea.set(area, [...(byArea.get(area) ?? []), made])
  const { judgements, demand } = source.report.verdicts
  const asked = demand.filter((d) => d.askedBy.some((a) => a.regulation === regulation.regulation))
  const twice = (criterion: string) => asked.filter((d) => d.criterion === criterion).length > 1
  for (const number of new Set(regulation.clauses.flatMap((c) => c.judgements))) {
    const judgement = judgements[number]
    if (judgement)
      add(
        areaOf(judgement.criterion),
        caseOf(judgement, nameOf(judgement, twice(judgement.criterion)), regulation, context),
      )
  }
  for (const { criterion, parametersDigest } of asked.filter((d) => !d.selected))
    add(areaOf(criterion), {
      name: `${criterion}[@]${twice(criterion) ? `#${parametersDigest.slice(0, 8)}` : ''}`,
      classname: `${regulation.regulation}.${areaOf(criterion)}`,
      title: criterionTitle(criterion)[language],
      verdict: 'unrun',
      message: toldPlain(language, { code: 'framework.unrun', values: {} }),
      lines: [],
      micros: 0,
    })
  for (const { clause, outcome, why } of regulation.clauses)
    if (outcome === 'not-assessed') {
      const text = source.regulations.find((r) => r.id === regulation.regulation)?.clauses.find((c) => c.id === clause)
      const message = text?.notAssessed?.[language] ?? (why ? toldPlain(language, why) : '')
      const title = text?.title[language] ?? clause
      add('not-assessed', {
        name: `clause ${clause}`,
        classname: `${regulation.regulation}.not-assessed`,
        title,
        verdict: 'not-assessed',
        message,
        lines: [],
        micros: 0,
      })
    }
  return [...byArea]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([area, cases]) => ({ name: `${regulation.regulation}/${area}`, cases }))
}

function caseOf(judgement: JudgementRecord, name: string, regulation: RegulationRecord, context: Context): Case {
  const { source, language } = context
  const { criterion, verdict, findings } = judgement
  const clauses = regulation.clauses.filter((c) =>
    c.judgements.some((n) => source.report.verdicts.judgements[n] === judgement),
  )
  const telling = findings.filter((f) =>
    verdict === 'fail' ? f.is === 'violation' && f.certainty === 'confirmed' : f.is !== 'evidence',
  )
  return {
    name,
    classname: `${regulation.regulation}.${areaOf(criterion)}`,
    title: criterionTitle(criterion)[language],
    verdict,
    message:
      telling.map((f) => toldPlain(language, f.message, criterion)).join(' ') ||
      word(language, 'because.inconclusive-empty'),
    lines: [
      `${word(language, 'clauses.clause')}: ${clauses.map((c) => c.clause).join(', ')}`,
      ...changeLines(judgement, regulation, context),
      ...findings.flatMap((f) => findingLines(f, criterion, language)),
    ],
    micros: spentOn(judgement, context),
  }
}

/** What became of the verdict since an earlier report; once, whatever the number of clauses. */
function changeLines(judgement: JudgementRecord, { regulation }: RegulationRecord, context: Context): string[] {
  const { criterion, subject, state } = judgement
  const kinds = (context.source.comparison?.changes ?? [])
    .filter((c) => c.regulation === regulation && c.criterion === criterion)
    .filter((c) => c.subject === subject && c.state === state)
    .map((c) => c.change)
  return [...new Set(kinds)].map(
    (k) => `${t(context.language, 'diff', 'heading')}: ${t(context.language, 'diff', `change.${k}`)}`,
  )
}

function findingLines(finding: FindingRecord, criterion: string, language: Language): string[] {
  const kind = finding.is === 'violation' && finding.certainty === 'suspect' ? 'suspicion' : finding.is
  return [
    `${word(language, `finding.${kind}`)}: ${toldPlain(language, finding.message, criterion)}`,
    ...(finding.expected
      ? [`  ${word(language, 'judgement.expected')}: ${toldPlain(language, finding.expected, criterion)}`]
      : []),
    ...finding.cites
      .slice(0, 10)
      .map(
        (c) =>
          `  ${word(language, 'judgement.evidence')} ${c.kind} ${c.subject} ${c.state} ${c.at === '' ? '/' : c.at}`,
      ),
  ]
}

/** Time of the observations that a judgement cites. */
function spentOn({ findings }: JudgementRecord, { spent }: Context): number {
  const keys = new Set(findings.flatMap((f) => f.cites).map(keyOf))
  return [...keys].reduce((sum, key) => sum + (spent.get(key) ?? 0), 0)
}

function suiteXml({ name, cases }: Suite, { report, statement }: ReportSource, language: Language): string {
  const properties: [string, string][] = [
    ['run', report.run.id],
    ['mode', report.run.mode],
    ['stamps', stampsOf(report).join(' ')],
    ['device', `${statement.dut.maker.name} ${statement.dut.model} ${statement.dut.firmware.version}`],
    ['journal', report.journal.head],
  ]
  return `<testsuite name="${xml(name)}"${counts(cases)} timestamp="${instantText(report.run.startedAt).slice(0, 19).replace(' ', 'T')}">
<properties>${properties.map(([k, v]) => `<property name="${k}" value="${xml(v)}"/>`).join('')}</properties>
${cases.map((c) => caseXml(c, language)).join('')}</testsuite>
`
}

function caseXml({ name, classname, title, verdict, message, lines, micros }: Case, language: Language): string {
  const text = xml([title, ...lines].join('\n')).replace(/&#10;/g, '\n')
  const body = {
    pass: '',
    fail: `<failure type="fail" message="${xml(message)}">${text}</failure>`,
    inconclusive: `<error type="inconclusive" message="${xml(message)}">${text}</error>`,
    'not-applicable': skipped('not-applicable', message, language),
    'not-assessed': skipped('not-assessed', message, language),
    unrun: skipped('unrun', message, language),
  }[verdict]
  const out = verdict === 'pass' ? `<system-out>${text}</system-out>` : ''
  return `<testcase name="${xml(name)}" classname="${xml(classname)}" time="${seconds(micros)}">${body}${out}</testcase>\n`
}

const skipped = (outcome: string, message: string, language: Language): string =>
  `<skipped message="${xml(`${word(language, `outcome.${outcome}`)}: ${message}`)}"/>`

const counts = (cases: Case[]): string => {
  const of = (...verdicts: Case['verdict'][]) => cases.filter((c) => verdicts.includes(c.verdict)).length
  return ` tests="${cases.length}" failures="${of('fail')}" errors="${of('inconclusive')}" skipped="${of('not-applicable', 'not-assessed', 'unrun')}"`
}

const seconds = (micros: number): string => (Math.max(0, micros) / 1_000_000).toFixed(3)

const XML_ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
}
/** Text for XML 1.0, also in attributes: what it forbids or hides has become visible. */
const xml = (text: string): string => visible(text, true).replace(/[&<>"\n\t]/g, (c) => XML_ENTITIES[c] ?? c)
