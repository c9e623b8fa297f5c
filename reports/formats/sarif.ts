import { digestOfBytes } from '../../suites/canonical.ts'
import { registry } from '../../suites/registry.generated.ts'
import type { Comparison } from '../compare.ts'
import { itemsOf, type Item } from '../items.ts'
import { LANGUAGES, type Bilingual, type Language } from '../locales/index.ts'
import type { ReportSource } from './source.ts'
import { stampsOf } from './stamps.ts'
import { asking, criterionTitle, instantText, looking, mending, subjectLabel, toldPlain, word } from './texts.ts'
import { visible } from './visible.ts'

/**
 * SARIF 2.1.0 (OASIS) for code-scanning dashboards: a rule for each criterion, a result for each failed or inconclusive
 * judgement and each clause that asks for it. An inconclusive one is a warning: it must not vanish like a pass.
 * With a comparison, each result carries its `baselineState`.
 */
export function renderSarif(source: ReportSource, language: Language): string {
  const { report } = source
  const items = itemsOf(report).filter((i) => i.verdict === 'fail' || i.verdict === 'inconclusive')
  const criteria = [...new Set(report.verdicts.demand.map((d) => d.criterion))].sort()
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: report.tool.name,
            version: report.tool.version,
            semanticVersion: report.tool.version,
            language,
            rules: criteria.map((c) => ruleOf(c, language)),
          },
        },
        automationDetails: {
          id: `camseal/${report.regulations.map((r) => r.id).join('+')}/`,
          guid: guidOf(report.run.id),
        },
        invocations: [
          {
            executionSuccessful: true,
            startTimeUtc: isoOf(report.run.startedAt),
            endTimeUtc: isoOf(report.run.endedAt),
          },
        ],
        columnKind: 'utf16CodeUnits',
        results: items.map((i) => resultOf(i, { source, language, criteria })),
        properties: {
          run: report.run.id,
          mode: report.run.mode,
          stamps: stampsOf(report),
          suite: report.tool.suiteDigest,
          journal: report.journal.head,
        },
      },
    ],
  }
  return `${JSON.stringify(log, null, 1)}\n`
}

interface Context {
  source: ReportSource
  language: Language
  criteria: readonly string[]
}

/** What the criterion asks for, how it looks, and how a maker mends it: help in both languages, titles in one. */
function ruleOf(criterion: string, language: Language) {
  const title = criterionTitle(criterion)
  const texts: [string, Bilingual | null][] = [
    ['rule.asks', asking(criterion)],
    ['rule.looks', looking(criterion)],
    ['rule.mends', mending(criterion)],
  ]
  const present = texts.flatMap(([key, text]) => (text ? [{ key, text }] : []))
  const help = (l: Language, strong: string) => [
    `${strong}${title[l]}${strong}`,
    ...present.map(({ key, text }) => `${word(l, key)}: ${text[l]}`),
  ]
  const both = (strong: string) => LANGUAGES.map((l) => help(l, strong).join('\n\n')).join('\n\n')
  return {
    id: criterion,
    name: title.en,
    shortDescription: { text: title[language] },
    ...(asking(criterion) ? { fullDescription: { text: asking(criterion)?.[language] } } : {}),
    help: { text: both(''), markdown: both('**') },
    defaultConfiguration: { level: 'error' },
    properties: { area: criterion.split('/')[0], version: registry.criteria.get(criterion)?.version ?? null },
  }
}

function resultOf(item: Item, { source, language, criteria }: Context) {
  const { report, statement } = source
  const findings = report.verdicts.judgements[item.judgement]?.findings ?? []
  const telling = findings.filter((f) =>
    item.verdict === 'fail' ? f.is === 'violation' && f.certainty === 'confirmed' : f.is !== 'evidence',
  )
  const said = telling.map((f) => toldPlain(language, f.message, item.criterion)).join(' ')
  const place = `${subjectLabel(item.subject)[language]}${item.state ? ` · ${word(language, `state.${item.state}`)}` : ''}`
  const outcome = word(language, `outcome.${item.verdict}`)
  return {
    ruleId: item.criterion,
    ruleIndex: criteria.indexOf(item.criterion),
    level: item.verdict === 'fail' && item.level === 'required' ? 'error' : 'warning',
    message: { text: visible(`${outcome} · ${place}: ${said || word(language, 'because.inconclusive-empty')}`, true) },
    locations: [
      {
        logicalLocations: [
          {
            name: visible(place),
            fullyQualifiedName: visible(
              `${statement.dut.maker.name}/${statement.dut.model}/${item.subject}@${item.state ?? ''}`,
            ),
            kind: 'resource',
          },
          { name: item.clause, fullyQualifiedName: `${item.regulation}/${item.clause}`, kind: 'declaration' },
        ],
      },
    ],
    partialFingerprints: { 'camsealItem/v1': digestOfBytes(new TextEncoder().encode(item.id)) },
    ...(source.comparison ? { baselineState: baselineStateOf(item, source.comparison) } : {}),
    properties: {
      id: visible(item.id),
      verdict: item.verdict,
      regulation: item.regulation,
      clause: item.clause,
      level: item.level,
      firmware: visible(statement.dut.firmware.version),
    },
  }
}

/** SARIF 2.1.0 section 3.27.24. A failure that was undecided before is the same result in another condition. */
function baselineStateOf(item: Item, { changes }: Comparison): 'new' | 'unchanged' | 'updated' {
  const change = changes.find((c) => c.id === item.id)
  if (!change || change.change === 'still-failing') return 'unchanged'
  return change.before === 'fail' || change.before === 'inconclusive' ? 'updated' : 'new'
}

const isoOf = (micros: number): string => `${instantText(micros).replace(' UTC', '').replace(' ', 'T')}Z`

/** The run's 32 hexadecimal digits in the form of a GUID; its version and variant digits are set as RFC 9562 asks. */
const guidOf = (id: string): string =>
  id.slice(0, 32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5')
