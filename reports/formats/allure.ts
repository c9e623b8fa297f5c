import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Stage, Status } from 'allure-js-commons'
import { FileSystemWriter, ReporterRuntime } from 'allure-js-commons/sdk/reporter'
import type { Language } from '../locales/index.ts'
import { clausesOf, resolve, seenOf, type FindingRecord, type JudgementRecord, type ReportSource } from './source.ts'
import { keyOf } from '../../suites/observation.ts'
import type { RenderedObservation } from '../report.ts'
import { stampsOf } from './stamps.ts'
import { asking, criterionTitle, kindTitle, subjectLabel, toldPlain, word } from './texts.ts'
import { clipped, visible } from './visible.ts'

/** Allure takes hours over very many attachments; the sealed report holds them all. */
const MOST_ATTACHMENTS = 2000
const LONGEST_ATTACHMENT = 20_000

/** Allure has no word for inconclusive: *broken* is the one that is neither passed nor failed nor left out. */
const STATUS = {
  pass: Status.PASSED,
  fail: Status.FAILED,
  inconclusive: Status.BROKEN,
  'not-applicable': Status.SKIPPED,
} as const

/** Writes Allure results into a directory, one test for each judgement. A view, never the record. */
export function writeAllure(
  source: ReportSource,
  resultsDir: string,
  language: Language,
): { tests: number; attachments: number } {
  const { report, statement } = source
  const { dut } = statement
  const runtime = new ReporterRuntime({
    writer: new FileSystemWriter({ resultsDir }),
    environmentInfo: {
      device: visible(`${dut.maker.name} ${dut.model} ${dut.firmware.version}`),
      run: report.run.id,
      mode: word(language, `mode.${report.run.mode}`),
      stamps:
        stampsOf(report)
          .map((s) => `${word(language, `stamp.${s}`)}: ${word(language, `stamp.${s}-means`)}`)
          .join(' ') || undefined,
      note: word(language, 'footer'),
    },
    categories: [
      { name: word(language, 'outcome.fail'), matchedStatuses: [Status.FAILED] },
      { name: word(language, 'outcome.inconclusive'), matchedStatuses: [Status.BROKEN] },
      { name: word(language, 'outcome.not-applicable'), matchedStatuses: [Status.SKIPPED] },
    ],
  })
  runtime.writeEnvironmentInfo()
  runtime.writeCategoriesDefinitions()
  const byKey = new Map(source.observations.map((o) => [keyOf(o), o]))
  const written = { tests: 0, attachments: 0 }
  for (const judgement of report.verdicts.judgements) {
    writeJudgement(judgement, { runtime, source, language, byKey, written })
    written.tests++
  }
  return written
}

interface Context {
  runtime: ReporterRuntime
  source: ReportSource
  language: Language
  byKey: ReadonlyMap<string, RenderedObservation>
  written: { attachments: number }
}

function writeJudgement(judgement: JudgementRecord, context: Context): void {
  const { runtime, source, language, byKey } = context
  const { criterion, subject, state, verdict, findings, parametersDigest } = judgement
  const [area = ''] = criterion.split('/')
  const clauses = clausesOf(judgement, source.report)
  const cited = findings.flatMap((f) => f.cites).flatMap((c) => byKey.get(keyOf(c)) ?? [])
  const start = Math.floor(Math.min(...cited.map((o) => o.startedAt), source.report.run.endedAt) / 1000)
  const stop = Math.max(start, Math.floor(Math.max(...cited.map((o) => o.endedAt), source.report.run.startedAt) / 1000))
  const telling = findings.filter((f) => (verdict === 'fail' ? f.is === 'violation' : f.is !== 'evidence'))
  const expected = telling.find((f) => f.expected)?.expected
  const fullName = `${criterion}[${subject}@${state ?? ''}]#${parametersDigest.slice(0, 8)}`
  const test = runtime.startTest({
    name: `${criterionTitle(criterion)[language]} — ${subjectLabel(subject)[language]}${state ? ` · ${word(language, `state.${state}`)}` : ''}`,
    fullName,
    testCaseId: fullName,
    historyId: fullName,
    start,
    status: STATUS[verdict],
    stage: Stage.FINISHED,
    statusDetails: {
      message: telling.map((f) => toldPlain(language, f.message, criterion)).join('\n'),
      ...(expected ? { expected: toldPlain(language, expected, criterion) } : {}),
    },
    labels: [
      { name: 'framework', value: 'camseal' },
      { name: 'parentSuite', value: area },
      { name: 'suite', value: criterion },
      ...[...new Set(clauses.map((c) => c.regulation))].map((value) => ({ name: 'epic', value })),
      ...clauses.map((c) => ({ name: 'feature', value: `${c.regulation} ${c.clause}` })),
      { name: 'tag', value: verdict },
    ],
  })
  for (const finding of findings) writeFinding(test, finding, criterion, start, context)
  runtime.stopTest(test, { stop })
  runtime.writeTest(test)
}

function writeFinding(test: string, finding: FindingRecord, criterion: string, start: number, context: Context): void {
  const { runtime, language } = context
  const suspect = finding.is === 'violation' && finding.certainty === 'suspect'
  const kind = suspect ? 'suspicion' : finding.is
  const asked = finding.is === 'violation' ? asking(criterion)?.[language] : undefined
  const expected = finding.expected ? toldPlain(language, finding.expected, criterion) : asked
  const step = runtime.startStep(test, undefined, {
    name: `${word(language, `finding.${kind}`)}: ${toldPlain(language, finding.message, criterion)}`,
    status:
      finding.is === 'evidence'
        ? Status.PASSED
        : finding.is === 'violation' && !suspect
          ? Status.FAILED
          : Status.BROKEN,
    start,
    parameters: expected === undefined ? [] : [{ name: word(language, 'judgement.expected'), value: expected }],
  })
  if (step === undefined) return
  for (const cite of finding.cites) {
    if (context.written.attachments >= MOST_ATTACHMENTS) break
    const observation = context.byKey.get(keyOf(cite))
    const found = observation ? resolve(seenOf(observation.seen).value, cite.at) : null
    const text = found ? JSON.stringify(found.value, null, 2) : word(language, 'evidence.missing')
    const cut = clipped(visible(text, true), LONGEST_ATTACHMENT)
    const note = cut.missing > 0 ? `\n${word(language, 'evidence.shortened', { missing: cut.missing })}` : ''
    const name = `${kindTitle(cite.kind)[language]} · ${subjectLabel(cite.subject)[language]} · ${cite.at === '' ? '/' : cite.at}`
    runtime.writeAttachment(test, step, visible(name), Buffer.from(cut.text + note), {
      contentType: 'text/plain',
      fileExtension: '.txt',
    })
    context.written.attachments++
  }
  runtime.stopStep(step, { stop: start })
}

export type AllureRendering =
  { ok: true; page: string } | { ok: false; why: 'no-java' | 'not-installed' | 'failed' | 'timed-out'; detail: string }

const SECONDS = 180

/** Makes one HTML file out of Allure results where Java is there. The page is told not to call home. */
export async function renderAllure(resultsDir: string, outDir: string, seconds = SECONDS): Promise<AllureRendering> {
  const home = process.env['JAVA_HOME']
  const java = await run(home ? join(home, 'bin', 'java') : 'java', ['-version'], 20)
  if (java.code !== 0) return { ok: false, why: 'no-java', detail: java.said }
  let folder: string
  try {
    folder = dirname(createRequire(import.meta.url).resolve('allure-commandline/package.json'))
  } catch {
    return { ok: false, why: 'not-installed', detail: 'allure-commandline' }
  }
  const done = await run(
    join(folder, 'dist', 'bin', 'allure'),
    ['generate', '--single-file', '--clean', resultsDir, '-o', outDir],
    seconds,
  )
  if (done.code === null) return { ok: false, why: 'timed-out', detail: `${seconds} s` }
  return done.code === 0
    ? { ok: true, page: join(outDir, 'index.html') }
    : { ok: false, why: 'failed', detail: done.said }
}

/** Code null: stopped because the time was over. */
function run(command: string, args: string[], seconds: number): Promise<{ code: number | null; said: string }> {
  return new Promise((settle) => {
    const child = spawn(command, args, {
      env: { ...process.env, ALLURE_NO_ANALYTICS: 'true' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    const hear = (piece: Buffer) => {
      if (said.length < 4000) said += piece.toString('latin1')
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, seconds * 1000)
    child.on('error', (error) => {
      clearTimeout(timer)
      settle({ code: 127, said: error.message })
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      settle({ code: late ? null : (code ?? 1), said })
    })
  })
}
