import type { Outcome } from './bed.ts'

/** One piece of work beside one peer doing the same in the same run. */
export interface Case {
  id: string
  title: string
  /** Most that ours may take as a part of the peer's time; null where nothing is aimed at. */
  goal: number | null
  peer: string
  ours(): Outcome
  theirs(): Outcome
  /** Peers that take minutes run once, whatever the number of runs. */
  peerOnce?: true
  /** What must have been found; a run that found anything else does not count. */
  truth: unknown
  /** The peer is known not to find everything: its findings are shown and do not void the run. */
  peerFallsShort?: true
  /** The same at the pace that a run has where none is asked for; left out where that takes minutes. */
  gentle?(): Outcome
  /** Takes minutes: made once, whatever the number of runs. */
  once?: true
  /** Most memory of ours and all it starts, in megabytes. */
  memoryGoal?: number
  /** Further figures beside the times. */
  also?: (ours: Outcome, theirs: Outcome) => string
}
