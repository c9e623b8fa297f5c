import type { Command } from 'commander'
import { bilingual, t, type Language } from '../locales/index.ts'
import { loadTrust, type Trust } from '../trust.ts'
import { verifyReport, wouldNow, type Verified } from '../verify.ts'
import { EXIT, faultText, isUnread, languageOf, plain, printFaults } from './terminal.ts'

interface Options {
  trust?: string
  json?: boolean
  lang?: string
}

export async function verify(path: string, options: Options): Promise<number> {
  const language = languageOf(options.lang)
  let trust: Trust | null = null
  if (options.trust !== undefined) {
    const loaded = await loadTrust(options.trust)
    if ('faults' in loaded) {
      printFaults(language, loaded.faults, options.json ?? false)
      return EXIT.badInput
    }
    trust = loaded.trust
  }
  const verified = await verifyReport(path, trust)
  if (isUnread(verified.seal.faults)) {
    printFaults(language, verified.seal.faults, options.json ?? false)
    return EXIT.badInput
  }
  const code = exitCode(verified, trust !== null)
  if (options.json) {
    const { recorded: _, regulations, statement: _s, report, ...rest } = verified
    console.log(
      JSON.stringify({
        ...rest,
        overall: report?.verdicts.regulations ?? null,
        regulations: regulations.map((r) => r.id),
        exitCode: code,
      }),
    )
  } else print(language, verified, trust !== null)
  return code
}

/** One code for the worst of the three answers: seal, signer, verdicts. Without a trust store the signer is not asked. */
function exitCode(v: Verified, asked: boolean): number {
  if (!v.seal.ok) return EXIT.sealBroken
  if (asked && !v.signer.ok) return EXIT.notTrusted
  if (v.verdicts.state === 'different') return EXIT.verdictsDiffer
  if (v.verdicts.state === 'not-attempted')
    return v.verdicts.why?.code === 'needs-suite' ? EXIT.suiteMissing : EXIT.undetermined
  return 0
}

function print(language: Language, v: Verified, asked: boolean): void {
  const say = (key: string, values: Record<string, string | number> = {}) =>
    console.log(t(language, 'cli', `verify.${key}`, values))
  if (v.demo) say('demo')
  say(v.seal.ok ? 'seal-intact' : 'seal-broken')
  for (const fault of v.seal.faults)
    console.log(
      `  ${plain(faultText(language, { ...fault, ...(fault.values.file ? { file: String(fault.values.file) } : {}) }))}`,
    )
  if (!v.seal.ok) return
  const name = plain(v.signer.name ?? '?')
  if (v.signer.ok) say('signer-trusted', { name })
  else if (!asked) say('signer-unasked', { name })
  else say('signer-unknown', { name, why: v.signer.why ? faultText(language, v.signer.why) : '' })
  if (v.verdicts.state === 'equal') say('verdicts-equal', { count: v.judgements })
  else if (v.verdicts.state === 'different') {
    say('verdicts-different')
    for (const d of v.differences) say('difference', { ...d, what: `  ${plain(d.what)}` })
  } else {
    const why = v.verdicts.why
    const known = why && bilingual('cli', `verify.${why.code}`)
    const reason = known ? t(language, 'cli', `verify.${why.code}`, why.values) : why ? faultText(language, why) : ''
    say('verdicts-not-attempted', { why: reason })
  }
  for (const r of v.report?.verdicts.regulations ?? []) {
    const overall = t(language, 'cli', `overall.${r.overall}`)
    console.log(
      `${t(language, 'cli', 'verify.overall', { regulation: r.regulation, edition: r.edition, overall })}${r.indicative ? ` ${t(language, 'cli', 'verify.indicative')}` : ''}`,
    )
  }
}

export async function rejudge(path: string, options: Options): Promise<number> {
  const language = languageOf(options.lang)
  const result = await wouldNow(path)
  if (!result.ok) {
    printFaults(language, result.faults, options.json ?? false)
    if (isUnread(result.faults)) return EXIT.badInput
    // Evidence that takes too long to judge is sealed all the same.
    return result.faults.some((f) => f.code.startsWith('judging-')) ? EXIT.undetermined : EXIT.sealBroken
  }
  if (options.json)
    console.log(JSON.stringify({ same: result.same, suite: result.suite, differences: result.differences }))
  else {
    console.log(t(language, 'cli', result.same ? 'rejudge.same' : 'rejudge.other'))
    for (const d of result.differences)
      console.log(t(language, 'cli', 'verify.difference', { ...d, what: `  ${plain(d.what)}` }))
  }
  return result.same ? 0 : EXIT.verdictsDiffer
}

export function registerVerify(program: Command, end: (code: number) => void): void {
  program
    .command('verify <report>')
    .description(t(languageOf(undefined), 'cli', 'verify.about'))
    .option('--trust <dir>', 'trust store: whose signatures count')
    .option('--json', 'one JSON object')
    .option('--lang <language>', 'en or vi')
    .addHelpText(
      'after',
      '\nExamples:\n  camseal verify out/report.asice\n  camseal verify report.asice --trust labs/ --json\n\nExit codes: 0 equal, 2 not judged again, 3 bad input, 5 seal broken, 6 signer not trusted, 7 verdicts differ, 8 suite not installed',
    )
    .action(async (path: string, options: Options) => end(await verify(path, options)))
  program
    .command('rejudge <report>')
    .description(t(languageOf(undefined), 'cli', 'rejudge.about'))
    .option('--json', 'one JSON object')
    .option('--lang <language>', 'en or vi')
    .addHelpText(
      'after',
      '\nExample:\n  camseal rejudge last-year.asice\n\nExit codes: 0 the same, 2 could not be judged, 3 bad input, 5 seal broken, 7 would now be different',
    )
    .action(async (path: string, options: Options) => end(await rejudge(path, options)))
}
