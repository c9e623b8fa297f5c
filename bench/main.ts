// Ours beside the peer, in one run, on the same target: medians, ratios, memory. A run whose findings are not the planted
// truth does not count.
//   npm run bench [-- PART-OF-A-NAME …] [--runs N] [--json FILE]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { canIsolate } from '../lab/isolation.ts'
import { layBed, missingForBed, type Bed, type Outcome } from './bed.ts'
import type { Case } from './case.ts'
import { tcpPorts } from './cases/tcp-ports.ts'
import { scanners, tls } from './cases/tls.ts'
import { udpServices } from './cases/udp-services.ts'
import { verify } from './cases/verify.ts'
import { wholeRun } from './cases/whole-run.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '3' }, json: { type: 'string' } },
})
const runs = Math.max(1, Number.parseInt(values.runs, 10) || 1)
const wanted = (id: string) => positionals.length === 0 || positionals.some((p) => id.includes(p))

interface Row {
  id: string
  title: string
  peer: string
  goal: number | null
  ours: number[]
  theirs: number[]
  gentle: number | null
  ratio: number
  memoryGoal: number | null
  megabytes: number
  peerMegabytes: number
  also: string
  wrong: string[]
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)] ?? NaN

function measure(c: Case): Row {
  const ours: Outcome[] = []
  const theirs: Outcome[] = []
  for (let i = 0; i < (c.once ? 1 : runs); i++) {
    if (i === 0 || !c.peerOnce) theirs.push(c.theirs())
    ours.push(c.ours())
  }
  const gentle = c.gentle?.()
  const truth = JSON.stringify(c.truth)
  const wrong = [
    ...[...ours, ...(gentle ? [gentle] : [])]
      .filter((o) => JSON.stringify(o.findings) !== truth)
      .map((o) => `ours: ${JSON.stringify(o.findings)}`),
    ...(c.peerFallsShort ? [] : theirs)
      .filter((o) => JSON.stringify(o.findings) !== truth)
      .map((o) => `peer: ${JSON.stringify(o.findings)}`),
  ]
  const time = (all: Outcome[]) => all.map((o) => Math.round(o.milliseconds))
  return {
    id: c.id,
    title: c.title,
    peer: c.peer,
    goal: c.goal,
    ours: time(ours),
    theirs: time(theirs),
    gentle: gentle ? Math.round(gentle.milliseconds) : null,
    ratio: median(time(ours)) / median(time(theirs)),
    memoryGoal: c.memoryGoal ?? null,
    megabytes: Math.round(Math.max(...ours.map((o) => o.kilobytes)) / 1024),
    peerMegabytes: Math.round(Math.max(...theirs.map((o) => o.kilobytes)) / 1024),
    also: ours[0] && theirs[0] ? (c.also?.(ours[0], theirs[0]) ?? '') : '',
    wrong,
  }
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`
const against = (goal: number | null, value: number, shown = String(goal)): string =>
  goal === null ? '' : ` (goal ${shown}: ${value <= goal ? 'met' : 'missed'})`

function show(r: Row): void {
  const [ours, theirs] = [seconds(median(r.ours)), seconds(median(r.theirs))]
  const gentle = r.gentle === null ? '' : `; ours at the pace "gentle" ${seconds(r.gentle)}`
  const peer = r.peerMegabytes > 0 ? `, peer ${r.peerMegabytes} MB` : ''
  console.log(`\n${r.id}: ${r.title}\n  peer: ${r.peer}`)
  console.log(`  ours ${ours}, peer ${theirs}, ratio ${r.ratio.toFixed(3)}${against(r.goal, r.ratio)}${gentle}`)
  console.log(
    `  memory ${r.megabytes} MB${against(r.memoryGoal, r.megabytes, `${r.memoryGoal} MB`)}${peer}${r.also && `; ${r.also}`}`,
  )
  for (const w of r.wrong) console.log(`  does not count, found something else: ${w.slice(0, 400)}`)
}

const rows: Row[] = []
const take = (cases: Case[]) => {
  for (const c of cases.filter(({ id }) => wanted(id))) {
    const row = measure(c)
    rows.push(row)
    show(row)
  }
}

const missing = missingForBed()
console.log(`Node ${process.version}, ${cpus().length} cores, medians of ${runs}; at the pace "fast"`)
const folder = mkdtempSync(join(tmpdir(), 'camseal-bench-verify-'))
let bed: Bed | null = null
try {
  if (missing) console.log(`left out: ${missing}`)
  else if (
    ['tcp', 'udp', 'tls'].some((part) => positionals.length === 0 || positionals.some((p) => p.startsWith(part)))
  ) {
    bed = await layBed()
    console.log(`sslscan ${scanners()}`)
    take(tcpPorts(bed))
    take(udpServices(bed))
    if (['tls-sslscan', 'tls-nmap', 'tls-testssl'].some(wanted)) take(tls(bed))
  }
  if (wanted('whole-run')) {
    if (canIsolate()) take(wholeRun(folder))
    else console.log('left out: a whole run needs a network of its own')
  }
  if (wanted('verify-small') || wanted('verify-large')) take(await verify(folder))
} finally {
  bed?.down()
  rmSync(folder, { recursive: true, force: true })
}
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ node: process.version, runs, rows }, null, 2)}\n`)
process.exitCode = rows.some((r) => r.wrong.length > 0) ? 1 : 0
