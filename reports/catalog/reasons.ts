import type { Message } from '../../suites/observation.ts'

/** Why a report is not admitted. Every one is asked of every report, and all that apply are named at once. */
export const REASONS = [
  'seal-broken',
  'report-missing',
  'signer-not-trusted',
  'verdicts-differ',
  'verdicts-not-attempted',
  'overall',
  'regulation-not-accepted',
  'regulation-edition',
  'regulation-digest',
  'regulation-file',
  'indicative',
  'regulation-not-yet',
  'regulation-ended',
  'run-before-regulation',
  'run-after-regulation',
  'rehearsal',
  'selection',
  'suite-unreleased',
  'suite-not-accepted',
  'demo-report',
  'not-demo-report',
  'from-the-future',
  'too-old',
  'statement-missing',
  'statement-digest',
  'identity-differs',
  'name-unreadable',
  'samples-missing',
  'sample-unnamed',
  'changes-open',
  'withheld',
  'already-admitted',
  'same-report',
  'entry-suspended',
  'withdrawn-before',
  'image-withdrawn',
] as const
export type Reason = (typeof REASONS)[number]

/** Said with an admission; none of them keeps a report out. */
export const NOTES = [
  'firmware-without-digest',
  'firmware-by-version-only',
  'no-sequence',
  'earlier-runs',
  'not-qualified',
  'not-accredited',
  'other-regulation-fails',
] as const
export type Note = (typeof NOTES)[number]

export const reason = (code: Reason, values: Message['values'] = {}): Message => ({ code, values })
export const note = (code: Note, values: Message['values'] = {}): Message => ({ code, values })
