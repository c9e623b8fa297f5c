import type { Command } from 'commander'
import { registerBench } from './bench.ts'
import { registerDemo } from './demo.ts'
import { registerDoctor } from './doctor.ts'
import { registerPlan } from './plan.ts'
import { registerQualify } from './qualify.ts'
import { registerReplay } from './replay.ts'
import { registerRun } from './run.ts'

/** The verbs that know the bench. */
export function registerLab(program: Command, end: (code: number) => void): void {
  registerRun(program, end)
  registerPlan(program, end)
  registerDoctor(program, end)
  registerDemo(program, end)
  registerQualify(program, end)
  registerReplay(program, end)
  registerBench(program, end)
}
