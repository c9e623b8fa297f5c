import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import type { BenchRecord, Report } from '../../reports/report.ts'
import type { Device } from './device.ts'
import { expectedOf, type Verdict } from './truth.ts'

/** Camseal on a running device: no false pass and no false fail. */

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

interface Ran {
  code: number
  report: Report
  said: string
}

/** Where a run keeps its files, how long it may take, and options besides the usual ones. */
export interface Job {
  work: string
  seconds: number
  options: readonly string[]
}

/** A bench with a second source address where the device's lab has one: bans by address are then told from lost owners. */
function benchOf({ bench }: Device, work: string): string {
  const file = join(work, `${randomUUID()}.yaml`)
  const both = (family: 'ipv4' | 'ipv6') => [bench[family], ...(bench.second ? [bench.second[family]] : [])]
  const record: BenchRecord = {
    camseal: 'bench/1',
    laboratory: { name: 'test bench', address: null, place: null, accreditation: null },
    people: [],
    equipment: [],
    clockSource: null,
    addresses: { ipv4: both('ipv4'), ipv6: both('ipv6') },
    deviations: [],
    decisionRule: null,
    subcontracted: [],
  }
  writeFileSync(file, stringify(record))
  return file
}

async function run(device: Device, { work, seconds, options }: Job): Promise<Ran> {
  const out = join(work, device.name)
  const [command = '', ...args] = device.lab([
    process.execPath,
    cli,
    'run',
    '--statement',
    join(device.directory, 'statement.yaml'),
    '--regulation',
    'camseal-core',
    '--bench',
    benchOf(device, work),
    '--out',
    out,
    '--pace',
    'fast',
    '--json',
    ...options,
  ])
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CAMSEAL_STATE: join(work, `${device.name}-bench`) },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (d: Buffer) => (said = (said + d.toString('utf8')).slice(-6000)))
  const clock = setTimeout(() => child.kill('SIGTERM'), seconds * 1000)
  const code = await new Promise<number>((done) => child.once('close', (c) => done(c ?? -1)))
  clearTimeout(clock)
  return { code, said, report: JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report }
}

/** Fail if one subject fails, else inconclusive if one is, else pass if one does. */
function over(verdicts: Verdict[]): Verdict {
  return (['fail', 'inconclusive', 'pass'] as const).find((v) => verdicts.includes(v)) ?? 'not-applicable'
}

/** Runs the main job on a device and compares every verdict that is expected of it. */
export async function judgeDevice(start: () => Promise<Device>, job: Job): Promise<void> {
  const device = await start()
  try {
    const { code, report, said } = await run(device, job)
    const expected = expectedOf(device)
    const { judgements } = report.verdicts
    const of = (criterion: string) => judgements.filter((j) => j.criterion === criterion)
    const why = (criterion: string) =>
      of(criterion)
        .flatMap((j) =>
          j.findings
            .filter((f) => f.is !== 'evidence')
            .map((f) => `${j.subject} ${f.certainty} ${f.message.code} ${JSON.stringify(f.message.values)}`),
        )
        .join('\n  ')
    const faults: string[] = []
    for (const [criterion, wanted] of Object.entries(expected.verdicts)) {
      const found = over(of(criterion).map((j) => j.verdict))
      const excused = found === 'inconclusive' && expected.mayBeInconclusive.some((m) => m.criterion === criterion)
      if (found !== wanted && !excused) faults.push(`${criterion}: ${found}, true is ${wanted}\n  ${why(criterion)}`)
    }
    for (const [criterion, subjects] of Object.entries(expected.subjects))
      for (const [subject, wanted] of Object.entries(subjects)) {
        const found = over(
          of(criterion)
            .filter((j) => j.subject === subject)
            .map((j) => j.verdict),
        )
        const excused = found === 'inconclusive' && expected.mayBeInconclusive.some((m) => m.criterion === criterion)
        if (found !== wanted && !excused) faults.push(`${criterion} ${subject}: ${found}, true is ${wanted}`)
      }
    for (const c of report.changes) if (c.outcome === 'open') faults.push(`left changed: ${c.id}`)
    const fails = Object.values(expected.verdicts).includes('fail')
    if (fails !== (code === 1)) faults.push(`exit code ${code}`)
    assert.ok(faults.length === 0, `${faults.join('\n')}\n${said.slice(-1500)}`)
  } finally {
    await device.stop()
  }
}
