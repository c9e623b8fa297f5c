import { join, resolve } from 'node:path'
import { networkInterfaces } from 'node:os'
import type { Command } from 'commander'
import { canonical } from '../../suites/canonical.ts'
import { criterionTitle } from '../../reports/formats/texts.ts'
import { t, type Language } from '../../reports/locales/index.ts'
import { EXIT, faultText, languageOf, plain, printFaults } from '../../reports/verbs/terminal.ts'
import { canIsolate, isInside, isolated } from '../isolation.ts'
import { hostsFor } from '../qualification/observe-case.ts'
import {
  exitOfQualification,
  isClear,
  type CriterionProof,
  type Qualification,
} from '../qualification/qualification.ts'
import { qualificationCases, qualify, type CaseDone } from '../qualification/qualify.ts'

interface Options {
  only?: string[]
  out: string
  json?: boolean
  lang?: string
}

/** Tests the harness itself: on sound cameras, and on one camera for each weakness. */
async function run(options: Options): Promise<number> {
  const language = languageOf(options.lang)
  const json = options.json ?? false
  if (!isInside() && canIsolate()) return isolated(process.argv.slice(2), hostsFor(qualificationCases([]).length))
  const say = (line: string) => (json ? console.error(line) : console.log(line))
  if (!isInside() && !hasIpv6()) {
    printFaults(language, [{ code: 'qualify-no-ipv6', values: {} }], json)
    return EXIT.labFault
  }
  const only = options.only ?? []
  const cases = qualificationCases(only).length
  say(t(language, 'qualify', isInside() ? 'private' : 'loopback', { cases }))
  const cancel = new AbortController()
  const stop = () => cancel.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  const directory = resolve(options.out)
  const began = performance.now()
  const done = await qualify({ directory, only, signal: cancel.signal, onCase: (c) => say(progressLine(c, language)) })
  if (!done.ok) {
    printFaults(language, done.faults, json)
    return EXIT.badInput
  }
  const file = join(directory, 'qualification.json')
  if (json) console.log(canonical({ event: 'qualification', file, ...done.value }))
  else {
    for (const line of tableOf(done.value, language)) say(line)
    say(t(language, 'qualify', 'done', { file, seconds: Math.round((performance.now() - began) / 1000) }))
  }
  return exitOfQualification(done.value)
}

const hasIpv6 = (): boolean =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some((a) => a.address === '::1'))

function progressLine({ id, n, of, result, kept, faults }: CaseDone, language: Language): string {
  const key = result ? (kept ? 'kept' : 'tested') : 'not-tested'
  const verdicts = (result?.criteria ?? []).filter((c) => c.verdict !== 'pass')
  const shown = verdicts.map((c) => `${c.criterion} ${t(language, 'report', `outcome.${c.verdict}`).toLowerCase()}`)
  const why = faults.map((f) => `\n   ${plain(faultText(language, f))}`).join('')
  return `${n}/${of} ${id}: ${t(language, 'qualify', key, { seconds: result?.seconds ?? 0 })}${shown.length > 0 && !kept ? ` – ${shown.join(', ')}` : ''}${why}`
}

/** Each criterion with the weaknesses that prove it, and what it says of the sound camera. */
function tableOf({ criteria, totals }: Qualification, language: Language): string[] {
  return [
    '',
    ...criteria.flatMap((c) => [
      `${c.proven && !c.falseAlarm ? '+' : 'x'} ${criterionTitle(c.criterion)[language]} (${c.criterion})`,
      ...c.weaknesses.map((w) => {
        const blind = w.unnoticedWithoutJudge ? ` · ${t(language, 'qualify', 'by-its-judge')}` : ''
        return `    ${w.outcome === w.expected ? '+' : 'x'} ${w.weakness}: ${t(language, 'qualify', `outcome.${w.outcome}`)}${blind}`
      }),
      `    ${soundLine(c, language)}`,
    ]),
    '',
    t(language, 'qualify', 'totals', totals),
  ]
}

const soundLine = ({ sound, falseAlarm }: CriterionProof, language: Language): string =>
  falseAlarm
    ? `x ${t(language, 'qualify', 'false-alarm')}`
    : `${isClear(sound) ? '+' : '?'} ${t(language, 'qualify', 'sound', { verdict: sound ? t(language, 'report', `outcome.${sound}`).toLowerCase() : '–' })}`

export function registerQualify(program: Command, end: (code: number) => void): void {
  program
    .command('qualify')
    .description(t(languageOf(undefined), 'qualify', 'about'))
    .option(
      '--only <names>',
      'areas, criteria or weaknesses, separated by commas',
      (v: string, before: string[] = []) => [...before, ...v.split(',').filter(Boolean)],
    )
    .option('--out <directory>', 'where results are kept and used again while nothing changed', 'camseal-qualification')
    .option('--json', 'the qualification as one JSON object')
    .option('--lang <language>', 'en or vi')
    .addHelpText(
      'after',
      `
Examples:
  camseal qualify
  camseal qualify --only encryption --lang vi
  camseal qualify --only no-lockout,tls-versions --json

Needs no camera, no network and no privilege. An interrupted qualification goes on where it was: call it again.
Exit codes: 0 qualified, 1 a weakness goes unnoticed, a sound camera is accused, or a criterion is unproven,
2 undecided on the sound camera, 3 bad input, 4 a camera could not be tested`,
    )
    .action(async (options: Options) => end(await run(options)))
}
