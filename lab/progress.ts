import type { Message, State } from '../suites/observation.ts'

/** What a run says while it works: for a terminal, for a log, as NDJSON for machines. */
export type Progress =
  | { event: 'planned'; steps: number; seconds: number }
  | { event: 'state'; sample: string; state: State }
  | { event: 'step'; n: number; of: number; kind: string; subject: string; state: State }
  | {
      event: 'observed'
      n: number
      of: number
      kind: string
      subject: string
      state: State
      answered: boolean
      why: Message | null
      seconds: number
    }
  | { event: 'doing'; about: Message }
  /** `until` in microseconds since the epoch. */
  | { event: 'waiting'; about: Message; until: number }
  | { event: 'change'; id: string; outcome: 'made' | 'undone' | 'open' }
  | { event: 'done'; overall: { regulation: string; overall: string }[]; directory: string }

export type OnProgress = (progress: Progress) => void
