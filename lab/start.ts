import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { dirname, join, resolve } from 'node:path'
import { canonical, digestOf } from '../suites/canonical.ts'
import { ok, type Fault, type Result } from '../suites/fault.ts'
import type { Observation } from '../suites/observation.ts'
import { demandOf } from '../suites/plan.ts'
import { registry } from '../suites/registry.generated.ts'
import type { Statement } from '../suites/statement.ts'
import { conclude, type RunRecord } from '../reports/conclude.ts'
import type { Recorded } from '../reports/evidence.ts'
import type { Report } from '../reports/report.ts'
import { createRunDirectory, type RunDirectory } from '../reports/run-directory.ts'
import { installedSuite } from '../reports/suite.ts'
import { sourcesFor } from './addresses.ts'
import type { Baseline } from './baseline.ts'
import { makeBench, startClock, type RunBench } from './bench.ts'
import { noteClock } from './clock-offset.ts'
import { changesOf } from './changes.ts'
import { makeHooks } from './hooks.ts'
import { undoWith } from './in-service.ts'
import { loadInputs, type InputRequest, type Inputs } from './inputs.ts'
import { ledgerAt } from './ledger.ts'
import { powerOf, type Confirm } from './power.ts'
import { variablesOf } from './power-table.ts'
import { probes } from './probes/registry.generated.ts'
import type { OnProgress } from './progress.ts'
import { makeRedactor } from './redact.ts'
import { observe } from './run.ts'
import { selectedPorts } from './port-selection.ts'
import { keptQualification } from './qualification/kept.ts'
import { deselected, foreseen, scheduleOf, secondsOf } from './schedule.ts'
import { openSecrets, stateDirectory } from './secrets.ts'

export interface Choice {
  only: string[]
  skip: string[]
  areas: string[]
  tiers: string[]
  /** TCP ports and ranges to be swept beside the declared ones; all where there is none. */
  ports?: string[]
}

export interface RunRequest extends InputRequest {
  directory: string
  choice: Choice
  rehearsal: boolean
  /** The report that this run repeats, and why. */
  retestOf: Report['run']['retestOf']
  /** Overrides the budgets of the statement: for robust units and benches. */
  pace: { connections: number; attemptsPerSecond: number } | null
  baseline: Baseline
  sign: ((bytes: Uint8Array) => Promise<string>) | null
  /** Asks the operator to pull or put back a plug; null where nobody is there. */
  confirm?: Confirm | null
  signal: AbortSignal
  onProgress: OnProgress
}

export interface Ended {
  complete: boolean
  /** Nothing the run changed is left changed, but for what is lasting by nature. */
  restored: boolean
  /** Faults of the bench's own commands. */
  faults: readonly Fault[]
  report: Report
  recorded: Recorded
  directory: string
}

/** Plans, observes and judges a new run. */
export async function startRun(request: RunRequest): Promise<Result<Ended>> {
  const loaded = await loadInputs(request)
  if (!loaded.ok) return loaded
  const inputs = loaded.value
  const suite = installedSuite()
  const chosen = Object.values(request.choice).some((c: string[] = []) => c.length > 0)
  const mode = chosen || request.rehearsal || suite.state === 'unreleased' ? 'rehearsal' : 'official'
  const demand = demandOf(inputs.regulations, { mode, deselected: [] })
  const left = deselected(demand, request.choice, registry, probes)
  const now = startClock()
  const id = randomBytes(16).toString('hex')
  const statementDigest = digestOf(inputs.statement)
  const created = createRunDirectory(request.directory, now)
  if (!created.ok) return created
  const run = created.value
  try {
    const sequence =
      mode === 'official' ? await takeNumber(request, inputs.statement, statementDigest, id, now()) : ok(null)
    if (!sequence.ok) return sequence
    const record: RunRecord = {
      run: {
        id,
        mode,
        demo: request.demo,
        selection: { ...request.choice, deselected: left },
        sequence: sequence.value,
        retestOf: request.retestOf,
      },
      suite: { digest: suite.digest, state: suite.state },
      bench: inputs.bench,
      qualification: keptQualification(suite.digest),
      hooks: inputs.hooks,
      power: { table: inputs.power.table, directory: inputs.power.directory },
      original: inputs.original,
      notes: [],
      directory: dirname(resolve(request.statement)),
    }
    freeze(run, inputs, record)
    run.append({
      type: 'opened',
      run: id,
      mode,
      demo: request.demo,
      statement: statementDigest,
      regulations: inputs.regulations.map((r) => ({ id: r.id, digest: digestOf(r) })),
      suiteDigest: suite.digest,
      options: JSON.parse(
        canonical({ choice: request.choice, pace: request.pace ?? undefined, baseline: request.baseline }),
      ) as unknown,
    })
    return await goOn(
      run,
      record,
      inputs,
      { ...request, statementDirectory: dirname(resolve(request.statement)) },
      new Map(),
      new Set(),
      now,
    )
  } finally {
    run.close()
  }
}

async function takeNumber(request: RunRequest, statement: Statement, digest: string, run: string, at: number) {
  return ledgerAt(ledgerPath(request.demo)).take(run, statement, digest, at, request.sign)
}

const ledgerPath = (demo: boolean): string => join(stateDirectory(), demo ? 'ledger-demo.jsonl' : 'ledger.jsonl')

function freeze(run: RunDirectory, inputs: Inputs, record: RunRecord): void {
  run.write('statement.json', canonical(inputs.statement))
  run.write('statement.yaml', inputs.statementBytes)
  for (const r of inputs.regulations) run.write(`regulations/${r.id}.json`, canonical(r))
  for (const c of inputs.catalogues) run.write(`catalogues/${c.id}.json`, canonical(c))
  run.write('run.json', canonical(record))
}

/** What a new run and a resumed one have in common. */
export type Going = Pick<RunRequest, 'pace' | 'baseline' | 'confirm' | 'signal' | 'onProgress'> & {
  statementDirectory: string
}

/** Observes what is missing, takes everything back, and judges. */
export async function goOn(
  run: RunDirectory,
  record: RunRecord,
  inputs: Inputs,
  going: Going,
  observations: Map<string, Observation>,
  interrupted: ReadonlySet<string>,
  now: () => number,
): Promise<Result<Ended>> {
  const { statement } = inputs
  setMaxListeners(0, going.signal)
  const demand = demandOf(inputs.regulations, { mode: record.run.mode, deselected: record.run.selection.deselected })
  const schedule = scheduleOf(statement, demand, registry, probes)
  const opened = openSecrets(statement, inputs.secrets, run.path, record.run.id)
  if (!opened.ok) return opened
  const secrets = opened.value
  const benches = new Map<string, RunBench>()
  const hooks = makeHooks({
    table: inputs.hooks,
    statement,
    run,
    redact: makeRedactor(() => secrets.all()),
    hidden: variablesOf(inputs.power.table),
    signal: going.signal,
  })
  // Taking back works even when the run was cancelled.
  const changes = changesOf(
    run,
    undoWith((sample) => benches.get(sample)?.within(new AbortController().signal), secrets),
  )
  const powers = statement.samples.map((sample) => {
    const source = inputs.power.sources.get(sample.id) ?? null
    return [sample.id, powerOf({ statement, sample, source, run, hooks, confirm: going.confirm ?? null })] as const
  })
  for (const sample of statement.samples)
    benches.set(
      sample.id,
      makeBench({
        statement,
        sample,
        secrets,
        run,
        changes,
        hooks,
        power: powers.find(([id]) => id === sample.id)?.[1] ?? null,
        all: benches,
        now,
        catalogues: inputs.catalogues,
        sources: {
          ipv4: await sourcesFor('ipv4', inputs.bench.addresses.ipv4, sample.addresses.ipv4),
          ipv6: await sourcesFor('ipv6', inputs.bench.addresses.ipv6, sample.addresses.ipv6),
        },
        budgets: going.pace ?? {
          connections: statement.budgets?.connections ?? 4,
          attemptsPerSecond: statement.budgets?.attemptsPerSecond ?? 500,
        },
        capture: inputs.bench.capture ?? null,
        outside: inputs.bench.outside ?? null,
        ports: selectedPorts(record.run.selection.ports),
        baseline: going.baseline,
        directory: going.statementDirectory,
        signal: going.signal,
        onProgress: going.onProgress,
        seen: (kind, state) =>
          [...observations.values()].flatMap((o) =>
            o.kind === kind.id && o.state === state && o.seen.answered
              ? [{ subject: o.subject, value: o.seen.value as never }]
              : [],
          ),
      }),
    )
  const steps = foreseen(schedule, statement)
  if (!run.lines().some((l) => l.type === 'planned'))
    run.append({
      type: 'planned',
      steps: steps.map((s) => ({
        kind: s.kind.id,
        subject: s.subject,
        state: s.state,
        probe: s.probe?.id ?? 'none',
        tier: s.probe?.tier ?? 'P',
      })),
    })
  const times = secondsOf(steps, { ...statement, budgets: { ...statement.budgets, ...going.pace } })
  going.onProgress({ event: 'planned', steps: steps.length, seconds: times.reduce((a, b) => a + b, 0) })
  let complete = false
  try {
    for (const [, power] of powers) await power?.restore()
    await noteClock(run, record.bench.clockSource, 'start', now)
    // What an interrupted run left changed is taken back first: with the credentials as they were found.
    await changes.undoAll()
    complete = await observe({
      statement,
      registry,
      schedule,
      run,
      benches,
      changes,
      hooks,
      secrets,
      observations,
      interrupted,
      watches: new Map(),
      now,
      signal: going.signal,
      onProgress: going.onProgress,
    })
  } catch (e) {
    // Whatever broke the run (a full disk above all): the device is not left changed if that can be helped.
    await changes.undoAll().catch(() => false)
    throw e
  }
  const restored = await changes.undoAll()
  if (restored) secrets.forget()
  await noteClock(run, record.bench.clockSource, 'end', now)
  run.append({ type: 'ended', how: complete ? 'complete' : 'aborted' })
  const concluded = await conclude(run.path, record)
  if (!concluded.ok) return concluded
  const { report } = concluded.value
  run.write('report.json', canonical(report))
  if (record.run.sequence) {
    const overall = report.verdicts.regulations.map((r) => `${r.regulation}: ${r.overall}`).join('; ')
    await ledgerAt(ledgerPath(record.run.demo)).close(
      record.run.sequence.number,
      complete ? 'complete' : 'aborted',
      overall,
      now(),
    )
  }
  going.onProgress({
    event: 'done',
    overall: report.verdicts.regulations.map((r) => ({ regulation: r.regulation, overall: r.overall })),
    directory: run.path,
  })
  return ok({
    complete,
    restored,
    faults: hooks.faults(),
    report,
    recorded: concluded.value.recorded,
    directory: run.path,
  })
}
