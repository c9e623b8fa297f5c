import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { privateNetwork } from '../../lab/isolation.ts'
import type { Outcome } from '../bed.ts'
import type { Case } from '../case.ts'

const work = join(dirname(fileURLToPath(import.meta.url)), '../work/whole-run.ts')
const LONGEST_S = 900
const HOSTS = 0x11

/** A run of every criterion on the sound reference camera, beside the part of it that was waiting for the camera. */
export function wholeRun(folder: string): Case[] {
  let run: (Outcome & { waited: number }) | null = null
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
      also: ({ milliseconds }) => `beside the waiting ${((milliseconds - (run?.waited ?? 0)) / 1000).toFixed(1)} s`,
    },
  ]
}

function observed(folder: string): Outcome & { waited: number } {
  const done = spawnSync(
    'unshare',
    [
      ...['--user', '--map-root-user', '--net', 'sh', '-c', `${privateNetwork(HOSTS)} && exec "$@"`, 'sh'],
      ...[process.execPath, '--import', 'tsx', work, folder],
    ],
    { encoding: 'utf8', timeout: LONGEST_S * 1000 },
  )
  if (done.status !== 0) throw new Error(`the whole run ended with ${done.status}: ${done.stderr.slice(-2000)}`)
  return JSON.parse(done.stdout) as Outcome & { waited: number }
}
