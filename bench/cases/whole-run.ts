import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { privateNetwork } from '../../lab/isolation.ts'
import type { Outcome } from '../bed.ts'
import type { Case } from '../case.ts'

const work = join(dirname(fileURLToPath(import.meta.url)), '../work/whole-run.ts')
const LONGEST_S = 900
const HOSTS = 0x11

interface Observed extends Outcome {
  waited: number
  /** The kinds of observation that took longest beside their waiting, in microseconds. */
  busiest: [kind: string, micros: number][]
}

/** A run of every criterion on the sound reference camera, beside the part of it that was waiting for the camera. */
export function wholeRun(folder: string): Case[] {
  let run: Observed | null = null
  return [
    {
      id: 'whole-run',
      title: 'every criterion on the reference camera, locks of 30 s',
      goal: 1.15,
      peer: 'what the report says was waited for: locks, reboots, records, packages',
      truth: ['conforms'],
      once: true,
      memoryGoal: 300,
      theirs() {
        run = observed(join(folder, 'whole-run'))
        return { milliseconds: run.waited, kilobytes: 0, findings: run.findings }
      },
      ours: () => run ?? observed(join(folder, 'whole-run')),
      also: ({ milliseconds }) => {
        const parts = (run?.busiest ?? []).map(([kind, micros]) => `${kind} ${(micros / 1_000_000).toFixed(1)} s`)
        return `beside the waiting ${((milliseconds - (run?.waited ?? 0)) / 1000).toFixed(1)} s: ${parts.join(', ')} …`
      },
    },
  ]
}

function observed(folder: string): Observed {
  const done = spawnSync(
    'unshare',
    [
      ...['--user', '--map-root-user', '--net', 'sh', '-c', `${privateNetwork(HOSTS)} && exec "$@"`, 'sh'],
      ...[process.execPath, '--import', 'tsx', work, folder],
    ],
    { encoding: 'utf8', timeout: LONGEST_S * 1000 },
  )
  if (done.status !== 0) throw new Error(`the whole run ended with ${done.status}: ${done.stderr.slice(-2000)}`)
  return JSON.parse(done.stdout) as Observed
}
