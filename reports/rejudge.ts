import { Worker } from 'node:worker_threads'
import { canonical } from '../suites/canonical.ts'
import { judge, type Evidence, type Verdicts } from '../suites/judge.ts'
import { registry } from '../suites/registry.generated.ts'
import type { Report } from './report.ts'

/** Judging of evidence that came from elsewhere runs in a worker with limits: a bundle is hostile (rule 14). */
export const JUDGE_LIMITS = { seconds: 120, megabytes: 512 }

export type Rejudged =
  { done: true; verdicts: Verdicts } | { done: false; why: 'time' | 'memory' | 'broken'; detail: string }

/** Judges evidence with the suite of this installation. */
export function judgeHere(evidence: Evidence): Verdicts {
  return judge(evidence, registry)
}

/** Judges evidence in a worker; ends in bounded time and memory. */
export function judgeApart(evidence: Evidence, limits = JUDGE_LIMITS): Promise<Rejudged> {
  const script = new URL(import.meta.url.endsWith('.ts') ? './judge-worker.ts' : './judge-worker.js', import.meta.url)
  return new Promise((resolve) => {
    const worker = new Worker(script, {
      workerData: evidence,
      resourceLimits: { maxOldGenerationSizeMb: limits.megabytes },
      execArgv: import.meta.url.endsWith('.ts') ? ['--import', 'tsx'] : [],
      env: {},
    })
    const timer = setTimeout(
      () => settle({ done: false, why: 'time', detail: `${limits.seconds} s` }),
      limits.seconds * 1000,
    )
    const settle = (result: Rejudged) => {
      clearTimeout(timer)
      void worker.terminate()
      resolve(result)
    }
    worker.once('message', (verdicts: Verdicts) => settle({ done: true, verdicts }))
    worker.once('error', (e: NodeJS.ErrnoException) =>
      settle({ done: false, why: e.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'broken', detail: e.message }),
    )
    worker.once('exit', (code) => settle({ done: false, why: 'broken', detail: `worker ended with ${code}` }))
  })
}

export interface Difference {
  what: string
  claimed: string
  computed: string
}

/** Where verdicts claimed by a report and verdicts computed now differ; empty when they are equal to the byte. */
export function differences(report: Report, computed: Verdicts): Difference[] {
  const claimed = report.verdicts as unknown as Verdicts
  if (canonical(claimed) === canonical(computed)) return []
  const found: Difference[] = []
  const name = (j: { criterion: string; subject: string; state: string | null; parametersDigest: string }) =>
    `${j.criterion} ${j.subject} ${j.state ?? ''} ${j.parametersDigest.slice(0, 8)}`
  const before = new Map(claimed.judgements.map((j) => [name(j), j]))
  const after = new Map(computed.judgements.map((j) => [name(j), j]))
  for (const key of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [a, b] = [before.get(key), after.get(key)]
    if (a?.verdict !== b?.verdict)
      found.push({ what: key, claimed: a?.verdict ?? 'absent', computed: b?.verdict ?? 'absent' })
    else if (canonical(a) !== canonical(b))
      found.push({ what: key, claimed: 'other findings', computed: 'other findings' })
  }
  for (const r of computed.regulations) {
    const old = claimed.regulations.find((x) => x.regulation === r.regulation)
    if (old?.overall !== r.overall)
      found.push({ what: r.regulation, claimed: old?.overall ?? 'absent', computed: r.overall })
    for (const c of r.clauses) {
      const before = old?.clauses.find((x) => x.clause === c.clause)
      if (before?.outcome !== c.outcome)
        found.push({ what: `${r.regulation} ${c.clause}`, claimed: before?.outcome ?? 'absent', computed: c.outcome })
    }
  }
  return found.length > 0 ? found : [{ what: 'verdicts', claimed: 'other bytes', computed: 'other bytes' }]
}
