import { answerOf, isByForm } from '../facts/answer.ts'
import { passwordChallengesOf } from '../facts/challenge.ts'
import { looksGranted } from '../facts/likeness.ts'
import type { Challenges } from '../observations/challenges.ts'

/** The log-in works by a form, and nothing at its target asks for a password by a challenge (RFC 9110 section 11.6.1). */
export const asksByForm = ({ fresh, genuine }: Challenges): boolean =>
  isByForm(genuine) &&
  looksGranted(answerOf(genuine)) &&
  fresh.length > 0 &&
  fresh.map(answerOf).every((answer) => answer !== null && passwordChallengesOf(answer).length === 0)
