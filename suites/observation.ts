import type { Static, TSchema } from './schema.ts'
import type { Statement } from './statement.ts'

/** Device states (EN 303 645 test procedure: factory default, initialised; *spent* is after disruptive steps). */
export const STATES = ['factory-fresh', 'in-service', 'spent'] as const
export type State = (typeof STATES)[number]

/** A text in the reader's language is looked up by code; values are filled in. Codes live in reports/locales/. */
export interface Message {
  code: string
  values: Record<string, string | number>
}

/** Who may see an object: anyone, the regulator, or only the lab (rule 13). */
export const DISCLOSURES = ['public', 'regulator', 'lab'] as const
export type Disclosure = (typeof DISCLOSURES)[number]

/** A stored object: `digest` is its name under `objects/sha256/`, SHA-256 over salt line and content. */
export interface ObjectRef {
  digest: string
  bytes: number
  mediaType: string
  disclosure: Disclosure
  name: string
}

/** What shows that a negative is a negative (rule 1). A control that failed keeps its criterion from passing. */
export interface Control {
  id: string
  ok: boolean
  about: Message
}

export type Seen<T> = Answered<T> | Unanswered

export interface Answered<T> {
  answered: true
  value: T
  controls: Control[]
  artifacts: ObjectRef[]
}

export interface Unanswered {
  answered: false
  /** Who could mend it. */
  cause: 'lab' | 'device' | 'operator'
  why: Message
  /** What had been collected before it failed; shown, never judged. */
  partial?: unknown
  artifacts: ObjectRef[]
}

/** One thing seen once; keyed by kind, subject and state. Times are microseconds since the epoch. */
export interface Observation<T = unknown> {
  kind: string
  kindVersion: string
  subject: string
  state: State
  probe: string
  startedAt: number
  endedAt: number
  seen: Seen<T>
}

/** What subjects are expected of: the statement and what has been discovered so far in this state. */
export interface Known {
  statement: Statement
  state: State
  /** Answered values of another kind in this state, in subject order. */
  seen<T>(kind: ObservationKind<T>): { subject: string; value: T }[]
}

export interface ObservationKind<T = unknown> {
  id: string
  /** Semantic version of the schema. */
  version: string
  per: 'unit' | 'address' | 'endpoint' | 'login' | 'mechanism'
  schema: TSchema
  /** Kinds whose observations `expected` looks at. They are made first. */
  dependsOn: readonly string[]
  /** Every subject that must be observed, as a pure function of what is declared and discovered. */
  expected(known: Known): string[]
  /** Only in the type: carries T. */
  readonly value?: T
}

export const defineKind = <S extends TSchema>(
  kind: Omit<ObservationKind<Static<S>>, 'schema' | 'value'> & { schema: S },
): ObservationKind<Static<S>> => kind

export const keyOf = (o: { kind: string; subject: string; state: State }): string => `${o.kind}|${o.subject}|${o.state}`
