import { OUTCOMES } from '../../suites/roll-up.ts'
import type { Comparison } from '../compare.ts'
import { t, type Language } from '../locales/index.ts'
import { comparisonLines } from './comparison.ts'
import { linesOf } from './columns.ts'
import { stampsOf } from './stamps.ts'
import { LIKE } from './parts/outcome.ts'
import { clausesOf, regulationOf, type JudgementRecord, type RegulationRecord, type ReportSource } from './source.ts'
import { asking, criterionTitle, durationIn, instantText, subjectLabel, toldPlain, word } from './texts.ts'
import { clipped, visible } from './visible.ts'

export interface SummaryOptions {
  language?: Language
  /** Escape sequences for colour; the caller looks at NO_COLOR and the terminal. */
  colour?: boolean
  /** Columns; 40 at least. */
  width?: number
}

const COLOURS: Record<string, string> = {
  pass: '32',
  fail: '31',
  inconclusive: '33',
  stamp: '7;1',
  soft: '2',
  strong: '1',
}
const SIGNS: Record<string, string> = {
  pass: '+',
  fail: 'x',
  inconclusive: '?',
  'not-applicable': '-',
  'not-assessed': 'o',
  unrun: '|',
  covered: '=',
}
const MOST_JUDGEMENTS = 100
const MOST_FINDINGS = 6
const LONGEST = 600

interface Context {
  source: ReportSource
  language: Language
  width: number
  paint(text: string, colour: string): string
}

/** The report for a terminal: overall, what failed with expected and actual, what is undecided and why, counts. */
export function renderSummary(
  source: ReportSource,
  { language = 'vi', colour = false, width = 80 }: SummaryOptions = {},
): string {
  const paint = (text: string, name: string) =>
    colour && COLOURS[name] ? `\u001b[${COLOURS[name]}m${text}\u001b[0m` : text
  const context: Context = { source, language, width: Math.max(40, width), paint }
  const { report, statement } = source
  const { dut } = statement
  const device = visible(`${dut.maker.name} ${dut.model} (${dut.firmware.version})`)
  return [
    ...stampsOf(report).flatMap((s) =>
      wrapped(
        `[${word(language, `stamp.${s}`).toUpperCase()}] ${word(language, `stamp.${s}-means`)}`,
        context,
        '',
        'stamp',
      ),
    ),
    ...wrapped(device, context, '', 'strong'),
    ...wrapped(
      `${instantText(report.run.startedAt)}, ${durationIn(language, report.run.endedAt - report.run.startedAt)} · ${word(language, `mode.${report.run.mode}`)} · ${report.run.id}`,
      context,
      '',
      'soft',
    ),
    ...report.verdicts.regulations.flatMap((r) => regulationLines(r, context)),
    ...judgementLines('fail', context),
    ...judgementLines('inconclusive', context),
    ...(source.comparison ? comparedLines(source.comparison, context) : []),
    '',
    ...wrapped(word(language, 'verdict.items'), context, '', 'soft'),
    '',
  ].join('\n')
}

function regulationLines(regulation: RegulationRecord, context: Context): string[] {
  const { language, source } = context
  const like = LIKE[regulation.overall]
  const title = regulationOf(source, regulation)?.title[language] ?? regulation.regulation
  const indicative = regulation.indicative ? ` [${word(language, 'stamp.indicative').toUpperCase()}]` : ''
  const counts = OUTCOMES.map((o) => ({ o, n: regulation.clauses.filter((c) => c.outcome === o).length })).filter(
    ({ n }) => n > 0,
  )
  return [
    '',
    ...wrapped(`${visible(title)} (${regulation.edition})`, context),
    ...wrapped(
      `${SIGNS[like]} ${word(language, `overall.${regulation.overall}`).toUpperCase()}${indicative}`,
      context,
      '  ',
      like,
    ),
    ...wrapped(
      counts.map(({ o, n }) => `${n} ${word(language, `outcome.${o}`).toLowerCase()}`).join(' · '),
      context,
      '  ',
    ),
    ...(like === 'inconclusive'
      ? wrapped(word(language, `verdict.${regulation.overall}-because`), context, '  ', 'soft')
      : []),
    ...regulation.clauses.flatMap((c) => {
      const clause = regulationOf(source, regulation)?.clauses.find((x) => x.id === c.clause)
      return wrapped(
        `${SIGNS[c.outcome]} ${c.clause} ${clause?.title[language] ?? ''} — ${word(language, `outcome.${c.outcome}`)}`,
        context,
        '    ',
        c.outcome,
      )
    }),
  ]
}

function comparedLines(comparison: Comparison, context: Context): string[] {
  const { language } = context
  return [
    '',
    ...wrapped(t(language, 'diff', 'heading').toUpperCase(), context, '', 'strong'),
    ...comparisonLines(comparison, language).flatMap((line) =>
      line === '' ? [''] : wrapped(line.trimStart(), context, `  ${/^ */.exec(line)?.[0] ?? ''}`),
    ),
  ]
}

/** Each judgement of a verdict with what it rests on; those of one criterion together. */
function judgementLines(verdict: 'fail' | 'inconclusive', context: Context): string[] {
  const { language, source } = context
  const all = source.report.verdicts.judgements.filter((j) => j.verdict === verdict)
  if (all.length === 0) return []
  const rest = all.length - MOST_JUDGEMENTS
  const groups = new Map<string, JudgementRecord[]>()
  for (const j of all.slice(0, MOST_JUDGEMENTS)) {
    const key = `${j.criterion}|${j.parametersDigest}`
    groups.set(key, [...(groups.get(key) ?? []), j])
  }
  return [
    '',
    ...wrapped(`${word(language, `outcome.${verdict}`).toUpperCase()} (${all.length})`, context, '', verdict),
    ...[...groups.values()].flatMap((group) => criterionLines(group, verdict, context)),
    ...(rest > 0 ? wrapped(word(language, 'judgement.more', { count: rest }), context, '  ', 'soft') : []),
  ]
}

function criterionLines(group: JudgementRecord[], verdict: 'fail' | 'inconclusive', context: Context): string[] {
  const { language, source } = context
  const [first] = group
  if (!first) return []
  const clauses = clausesOf(first, source.report)
    .map((c) => c.clause)
    .join(', ')
  const asked = asking(first.criterion)?.[language]
  const accused = group.some((j) => j.findings.some((f) => f.is === 'violation' && !f.expected))
  return [
    ...wrapped(`${SIGNS[verdict]} ${criterionTitle(first.criterion)[language]} [${clauses}]`, context, '  ', verdict),
    ...(asked !== undefined && accused
      ? wrapped(`${word(language, 'judgement.expected')}: ${asked}`, context, '    ')
      : []),
    ...group.flatMap((j) => oneJudgement(j, context)),
  ]
}

function oneJudgement({ criterion, subject, state, verdict, findings }: JudgementRecord, context: Context): string[] {
  const { language } = context
  const place = `${subjectLabel(subject)[language]}${state ? ` · ${word(language, `state.${state}`)}` : ''}`
  const telling = findings.filter((f) => (verdict === 'fail' ? f.is === 'violation' : f.is !== 'evidence'))
  const rest = telling.length - MOST_FINDINGS
  return [
    ...wrapped(place, context, '    ', 'strong'),
    ...telling.slice(0, MOST_FINDINGS).flatMap((f) => {
      const actual = clipped(toldPlain(language, f.message, criterion), LONGEST).text
      const label = f.is === 'violation' ? `${word(language, 'judgement.actual')}: ` : ''
      const expected = f.expected ? clipped(toldPlain(language, f.expected, criterion), LONGEST).text : null
      return [
        ...(expected === null
          ? []
          : wrapped(`${word(language, 'judgement.expected')}: ${expected}`, context, '      ')),
        ...wrapped(`${label}${actual}`, context, '      '),
      ]
    }),
    ...(rest > 0 ? wrapped(word(language, 'judgement.more-findings', { count: rest }), context, '      ', 'soft') : []),
  ]
}

/** Text of whatever origin as indented lines; continued lines stand two columns in. */
const wrapped = (text: string, { width, paint }: Context, indent = '', colour = ''): string[] =>
  linesOf(visible(text), width - indent.length).map((line) => paint(indent + line, colour))
