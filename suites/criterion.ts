import type { Static, TSchema } from './schema.ts'
import type { Answered, Message, ObservationKind, Seen, State } from './observation.ts'
import type { Statement } from './statement.ts'

export const AREAS = ['authentication', 'encryption', 'update-integrity', 'logging', 'exposed-ports'] as const
export type Area = (typeof AREAS)[number]

/** Where in the evidence a finding can be checked: an observation and a JSON pointer into its value. */
export interface Cite {
  kind: string
  subject: string
  state: State
  /** RFC 6901. */
  at: string
}

/**
 * What a criterion establishes. The verdict follows from the findings and is never stated beside them:
 * a confirmed violation fails; a suspected one or a gap is inconclusive; nothing but evidence passes.
 */
export interface Finding {
  is: 'evidence' | 'violation' | 'gap'
  certainty: 'confirmed' | 'suspect'
  message: Message
  /** At least one for evidence and violations: no citation, no pass (rule 3). */
  cites: Cite[]
  expected?: Message
}

export type Applies = { answer: 'yes' } | { answer: 'no' | 'unknown'; why: Message }

export interface JudgeContext<P> {
  statement: Statement
  parameters: P
  subject: string
  state: State
  /** Cites into the observation being judged. */
  cite(pointer: string): Cite
  /** Every expected subject of another kind in the same state. */
  others<T>(kind: ObservationKind<T>): { subject: string; seen: Seen<T>; cite(pointer: string): Cite }[]
  /** A dated data set (passwords, ports, cryptography); throws where the regulation names none. */
  catalogue(name: string): unknown
}

/** A pure, synchronous function from what was seen to findings. */
export interface Criterion<T = unknown, P = unknown> {
  /** Never reused. */
  id: string
  version: string
  area: Area
  /** The population: one judgement for each expected subject of this kind. */
  over: ObservationKind<T>
  /** Further kinds that `judge` looks at. */
  also: readonly ObservationKind<unknown>[]
  states: readonly State[]
  parameters: TSchema
  /** Names of the catalogues it reads. */
  catalogues: readonly string[]
  applies(statement: Statement): Applies
  /** Where it judges only some subjects of its population: whether this is one of them. Nothing else is left out. */
  concerns?(statement: Statement, subject: string): boolean
  /** Observations that contradict a *not applicable* (rule 5): findings of kind violation. */
  contradicts?(context: JudgeContext<P>): Finding[]
  judge(seen: Answered<T>, context: JudgeContext<P>): Finding[]
  readonly types?: [T, P]
}

export const defineCriterion = <T, S extends TSchema>(
  criterion: Omit<Criterion<T, Static<S>>, 'parameters' | 'types'> & { parameters: S },
): Criterion<T, Static<S>> => criterion

const finding =
  (is: Finding['is'], certainty: Finding['certainty']) =>
  (code: string, values: Message['values'], cites: Cite[], expected?: Message): Finding => ({
    is,
    certainty,
    message: { code, values },
    cites,
    ...(expected ? { expected } : {}),
  })

/** Speaks for a pass. */
export const evidence = finding('evidence', 'confirmed')
/** A confirmed violation: fails. */
export const violation = finding('violation', 'confirmed')
/** A violation that may have another explanation: inconclusive. */
export const suspicion = finding('violation', 'suspect')
/** Something that could not be established: inconclusive. */
export const gap = finding('gap', 'confirmed')

/** Applies to every statement. */
export const always = (): Applies => ({ answer: 'yes' })
