import type { Applies, Cite, JudgeContext } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import type { Exchange } from '../observations/exchange.ts'
import type { UpdateAttempt, UpdateRefusal } from '../observations/update-refusal.ts'
import type { Statement, Update } from '../statement.ts'
import { declaredOf } from '../subject.ts'
import { reachOf, wasTaken, type Attempt } from '../facts/update-reach.ts'
import { requestsOf } from '../facts/update-steps.ts'

/** Without a declared update mechanism it is not known whether there is one: a cloud may bring it. */
export const declaredUpdates = (statement: Statement): Applies =>
  statement.updates.length > 0
    ? { answer: 'yes' }
    : { answer: 'unknown', why: { code: 'no-update-declared', values: {} } }

/** The mechanism as declared; null where the observation is of one that is not. */
export const updateOf = ({ statement, subject }: JudgeContext<unknown>): Update | null =>
  statement.updates.find((u) => u.id === declaredOf(subject).id) ?? null

/** The version that the genuine package is declared to bring; null where the mechanism is not declared. */
export const genuineOf = (context: JudgeContext<unknown>): string | null =>
  updateOf(context)?.packages.genuine.version ?? null

type Told = UpdateAttempt['versionAfter'] | null
const differ = (before: Told, after: Told): boolean =>
  before !== null && after !== null && before.text !== null && after.text !== null && before.text !== after.text

/** When the package was offered. */
export const offeredAt = (a: UpdateAttempt): number => requestsOf(a)[0]?.at ?? a.fetch?.from ?? 0

/** Both versions, where the device told another one once its power had been cut. */
export const changedOverPower = ({ versionBefore, silence }: UpdateAttempt): { before?: string; after?: string } =>
  silence && differ(versionBefore, silence.version)
    ? { before: versionBefore.text ?? '', after: silence.version?.text ?? '' }
    : {}

/** The device told one version before and another one after. */
export const versionChanged = (a: Pick<UpdateAttempt, 'versionBefore' | 'versionAfter'>): boolean =>
  differ(a.versionBefore, a.versionAfter)

/** The device told another version, or other content of the same version. */
export const changed = (
  a: Pick<UpdateAttempt, 'versionBefore' | 'versionAfter' | 'contentBefore' | 'contentAfter'>,
): boolean => versionChanged(a) || differ(a.contentBefore, a.contentAfter)

/** The positive control: by the same path the genuine package brought its version, on a device that had another one. */
export const genuineInstalled = ({ genuine }: UpdateRefusal, version: string | null): boolean =>
  genuine !== null &&
  genuine.cameBack &&
  versionChanged(genuine) &&
  genuine.versionAfter.text === version &&
  wasTaken(genuine)

/**
 * What shows that the path, with the log-in, installs: the genuine package, or a bad one that brought the genuine
 * version; null where nothing does.
 */
export function proofOf(value: UpdateRefusal, context: JudgeContext<unknown>): Cite | null {
  const version = genuineOf(context)
  if (genuineInstalled(value, version)) return context.cite('/genuine')
  const at = value.variants.findIndex(
    (v) => v.cameBack && versionChanged(v) && v.versionAfter.text === version && wasTaken(v),
  )
  return at < 0 ? null : context.cite(`/variants/${at}`)
}

/** Where the missing proof can be looked up. */
export const unproven = ({ genuine }: UpdateRefusal, context: JudgeContext<unknown>): Cite =>
  context.cite(genuine === null ? '/missing' : '/genuine')

/** The package reached the device's updater, and the device tells what it told before. */
export const wasRefused = (a: Attempt): boolean =>
  a.cameBack && a.versionBefore.text !== null && a.versionAfter.text !== null && wasUploaded(a) && !changed(a)

/** The connection of this upload was cut by the lab, as it should be. */
const wasCut = ({ id, upload }: UpdateAttempt): boolean => id === 'interrupted' && upload?.failure?.code === 'lab'

/**
 * The package went out: there was an answer, or twice a connection that the device ended, or the device fetched it. Of several
 * steps each was answered, the last one perhaps by ending the connection twice, and only behind the last of all a silence
 * counts: who took a package and was not told to install it has refused nothing.
 */
export function wasSent(attempt: Attempt): boolean {
  const { upload, steps, tries } = attempt
  if (!upload) return reachOf(attempt) !== 'not'
  const isAnswered = (e: Exchange) => e.failure === null || (e === upload && wasCut(attempt))
  const made = requestsOf(attempt)
  const last = made.at(-1) ?? upload
  if (!made.slice(0, -1).every(isAnswered)) return false
  if (isAnswered(last)) return steps?.ended !== 'no-answer'
  return last.failure?.code === 'timeout'
    ? (steps?.ended ?? 'all') === 'all'
    : tries > 1 && ['reset', 'closed'].includes(last.failure?.code ?? '')
}

/** A package that the device had whole and refused: only of such a one a record can be expected. */
export const wasRefusedWhole = (a: Attempt): boolean => a.id !== 'interrupted' && wasRefused(a)

/** Log in first (RFC 9110 sections 15.5.2 and 15.5.8), or come back later (RFC 4918 section 11.3, RFC 6585 section 4, RFC 9110 section 15.6.4). */
const AT_THE_DOOR = [401, 407]
const BUSY = [423, 429, 503]

/**
 * The package left the lab and was not turned away at the log-in: only then a refusal is one of the package. A device of several
 * steps that is still busy with what came before has refused nothing either.
 */
export function wasUploaded(attempt: Attempt): boolean {
  const others = attempt.steps ? [...AT_THE_DOOR, ...BUSY] : AT_THE_DOOR
  return wasSent(attempt) && !requestsOf(attempt).some((e) => others.includes(answerOf(e)?.status ?? 0))
}
