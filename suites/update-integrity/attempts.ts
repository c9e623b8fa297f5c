import type { Applies, JudgeContext } from '../criterion.ts'
import type { UpdateAttempt, UpdateRefusal } from '../observations/update-refusal.ts'
import type { Statement } from '../statement.ts'
import { declaredOf } from '../subject.ts'

/** Without a declared update mechanism it is not known whether there is one: a cloud may bring it. */
export const declaredUpdates = (statement: Statement): Applies =>
  statement.updates.length > 0
    ? { answer: 'yes' }
    : { answer: 'unknown', why: { code: 'no-update-declared', values: {} } }

/** The version that the genuine package is declared to bring; null where the mechanism is not declared. */
export const genuineOf = ({ statement, subject }: JudgeContext<unknown>): string | null =>
  statement.updates.find((u) => u.id === declaredOf(subject).id)?.packages.genuine.version ?? null

/** The device told one version before and another one after. */
export const changed = ({
  versionBefore,
  versionAfter,
}: Pick<UpdateAttempt, 'versionBefore' | 'versionAfter'>): boolean =>
  versionBefore.text !== null && versionAfter.text !== null && versionBefore.text !== versionAfter.text

/** The positive control: by the same path the genuine package brought its version, on a device that had another one. */
export const genuineInstalled = ({ genuine }: UpdateRefusal, version: string | null): boolean =>
  genuine !== null && genuine.cameBack && changed(genuine) && genuine.versionAfter.text === version
