import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { registry } from '../../suites/registry.generated.ts'
import { directoryMembers } from '../conclude.ts'
import { readRecorded, type Members } from '../evidence.ts'
import { renderAllure, writeAllure } from '../formats/allure.ts'
import { renderHtml } from '../formats/html.ts'
import { renderJunit } from '../formats/junit.ts'
import { renderSummary } from '../formats/summary.ts'
import type { ReportSource } from '../formats/source.ts'
import { t, type Language } from '../locales/index.ts'
import { objectIn, sourceOf } from '../render.ts'
import { contentOf } from '../run-directory.ts'
import { verifySeal } from '../verify-seal.ts'
import { bundleMembers } from '../verify.ts'
import { EXIT, languageOf, printFaults } from './terminal.ts'

const FORMATS = ['html', 'junit', 'allure', 'summary'] as const

interface Options {
  format: string
  out?: string
  lang?: string
}

/** Writes a view of a run or a sealed report again: in the other language, or in a format that another tool reads. */
async function exportReport(path: string, options: Options): Promise<number> {
  const language = languageOf(options.lang)
  const fail = (faults: { code: string; values: Record<string, string | number> }[], code: number = EXIT.badInput) => {
    printFaults(language, faults, false)
    return code
  }
  if (!FORMATS.some((f) => f === options.format))
    return fail([{ code: 'not-one-of', values: { expected: FORMATS.join(', ') } }])
  if (!existsSync(path)) return fail([{ code: 'no-run', values: { path } }])
  if (statSync(path).isDirectory()) {
    const read = await readRecorded(directoryMembers(path), registry, true)
    if (!read.ok) return fail(read.faults)
    const source = sourceOf(read.value, objectIn(path))
    return source ? write(source, options, language, path) : fail([{ code: 'no-run', values: { path } }])
  }
  const sealed = await verifySeal(path)
  if (sealed.seal === 'broken') return fail(sealed.faults, EXIT.sealBroken)
  try {
    const members = bundleMembers(sealed.bundle)
    const read = await readRecorded(members, registry, true)
    if (!read.ok) return fail(read.faults, EXIT.sealBroken)
    const objects = await objectsOf(members)
    const source = sourceOf(read.value, (digest) => objects.get(digest) ?? null)
    return source ? await write(source, options, language, path) : fail([{ code: 'no-run', values: { path } }])
  } finally {
    await sealed.bundle.close()
  }
}

/** Objects of a bundle that are small enough to be shown. */
async function objectsOf(members: Members): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>()
  for (const name of await members.names()) {
    const digest = /^objects\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1]
    const bytes = digest ? await members.read(name) : null
    const content = digest && bytes instanceof Uint8Array ? contentOf(bytes, digest) : null
    if (digest && content) found.set(digest, content)
  }
  return found
}

async function write(
  source: ReportSource,
  { format, out }: Options,
  language: Language,
  path: string,
): Promise<number> {
  if (format === 'allure') {
    const directory = out ?? 'allure'
    writeAllure(source, join(directory, 'results'), language)
    const rendered = await renderAllure(join(directory, 'results'), join(directory, 'site'))
    console.log(
      rendered.ok
        ? rendered.page
        : t(language, 'cli', `export.allure-${rendered.why}`, { directory: join(directory, 'results') }),
    )
    return 0
  }
  const text =
    format === 'html'
      ? renderHtml(source, { language, kinds: registry.kinds })
      : format === 'junit'
        ? renderJunit(source, language)
        : renderSummary(source, {
            language,
            colour: out === undefined && process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
          })
  if (out === undefined) process.stdout.write(text)
  else {
    mkdirSync(dirname(out) || '.', { recursive: true })
    writeFileSync(out, text)
    console.log(`${path} → ${out}`)
  }
  return 0
}

export function registerExport(program: Command, end: (code: number) => void): void {
  program
    .command('export <report>')
    .description(t(languageOf(undefined), 'cli', 'export.about'))
    .requiredOption('--format <format>', 'html, junit, allure or summary')
    .option('--out <path>', 'file (allure: directory); standard output where left out')
    .option('--lang <language>', 'en or vi')
    .addHelpText(
      'after',
      '\nExamples:\n  camseal export report.asice --format summary --lang vi\n  camseal export out --format allure --out allure\n  camseal export report.asice --format html --out bao-cao.html --lang vi',
    )
    .action(async (path: string, options: Options) => end(await exportReport(path, options)))
}
