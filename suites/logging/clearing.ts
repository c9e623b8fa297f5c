import type { Applies } from '../criterion.ts'
import type { Statement } from '../statement.ts'

/** A log that can be read, and a way to empty it. */
export const declaredClearing = ({ logging }: Statement): Applies =>
  logging.api?.clear
    ? { answer: 'yes' }
    : { answer: 'unknown', why: { code: logging.api ? 'no-clearing-declared' : 'no-own-log-declared', values: {} } }
