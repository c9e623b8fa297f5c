import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { faulty, type Result } from '../suites/fault.ts'
import { keyOf, type Observation } from '../suites/observation.ts'
import { registry } from '../suites/registry.generated.ts'
import { directoryMembers, type RunRecord } from '../reports/conclude.ts'
import { readRecorded } from '../reports/evidence.ts'
import { openRunDirectory, type RunDirectory } from '../reports/run-directory.ts'
import { BUNDLE } from '../reports/seal.ts'
import { installedSuite } from '../reports/suite.ts'
import { startClock } from './bench.ts'
import { statesReached } from './lab-run.ts'
import { powerSources } from './power-table.ts'
import { findSecrets } from './secrets.ts'
import { goOn, type Ended, type Going, type RunRequest } from './start.ts'

function readRecord(directory: string): RunRecord | null {
  try {
    return JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')) as RunRecord
  } catch {
    return null
  }
}

/** What was not observed is tried again, unless its state is past or the interruption itself made it impossible. */
function isKept({ seen, state }: Observation, reached: readonly string[]): boolean {
  return (
    seen.answered ||
    seen.why.code === 'framework.interrupted' ||
    (state === 'factory-fresh' && reached.some((s) => s !== 'factory-fresh'))
  )
}

/** Steps that were begun and whose end is not in the journal. */
function interruptedSteps(run: RunDirectory): Set<string> {
  const begun = new Set<string>()
  for (const line of run.lines()) {
    if (line.type === 'started') begun.add(keyOf(line as Extract<typeof line, { type: 'started' }>))
    if (line.type === 'observed') begun.delete(keyOf(line as Extract<typeof line, { type: 'observed' }>))
  }
  return begun
}

/** Goes on with an interrupted run: takes back what was left changed, repeats what was cut short, completes it. */
export async function resumeRun(
  directory: string,
  going: Omit<Going, 'statementDirectory' | 'baseline'> & { ask: RunRequest['ask'] },
): Promise<Result<Ended>> {
  const now = startClock()
  if (existsSync(join(directory, BUNDLE))) return faulty({ code: 'run-sealed', values: { path: directory } })
  const opened = openRunDirectory(directory, now)
  if (!opened.ok) return opened
  const run = opened.value
  try {
    const record = readRecord(directory)
    if (record === null) return faulty({ code: 'member-missing', values: { name: join(directory, 'run.json') } })
    const suite = installedSuite()
    if (suite.digest !== record.suite.digest)
      return faulty({ code: 'other-suite', values: { wanted: record.suite.digest, present: suite.digest } })
    const read = await readRecorded(directoryMembers(directory), registry, false)
    if (!read.ok) return read
    const recorded = read.value
    const statementDirectory = record.directory
    const secrets = await findSecrets(recorded.statement, statementDirectory, going.ask)
    if (!secrets.ok) return secrets
    const { table = {}, directory: benchDirectory = statementDirectory } = record.power ?? {}
    const power = await powerSources(table, recorded.statement.samples, benchDirectory, going.ask)
    if (!power.ok) return power
    const kept = recorded.observations.filter((o) => isKept(o, statesReached(run, o.subject.split('/')[0] ?? '')))
    const first = run.lines()[0] as
      | { options?: { baseline?: RunRequest['baseline']; pace?: RunRequest['pace'] }; regulations?: { id: string }[] }
      | undefined
    run.append({
      type: 'resumed',
      reason: 'requested',
      ...(opened.value.dropped > 0 ? { dropped: opened.value.dropped } : {}),
    })
    return await goOn(
      run,
      record,
      {
        statement: recorded.statement,
        statementBytes: new Uint8Array(),
        original: record.original ?? '',
        regulations: (first?.regulations ?? []).flatMap((r) => recorded.regulations.filter((x) => x.id === r.id)),
        catalogues: recorded.catalogues,
        bench: record.bench,
        hooks: record.hooks ?? {},
        power: { table, directory: benchDirectory, sources: power.value },
        secrets: secrets.value,
      },
      {
        pace: going.pace ?? first?.options?.pace ?? null,
        baseline: first?.options?.baseline ?? {},
        confirm: going.confirm ?? null,
        signal: going.signal,
        onProgress: going.onProgress,
        statementDirectory,
      },
      new Map(kept.map((o) => [keyOf(o), o])),
      new Set([
        ...interruptedSteps(run),
        ...recorded.observations.filter((o) => o.probe !== 'none' && !kept.includes(o)).map(keyOf),
      ]),
      now,
    )
  } finally {
    run.close()
  }
}
