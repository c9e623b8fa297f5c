import { defineCriterion, evidence, gap, violation, type Applies, type Criterion, type Finding } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { accountOf } from '../facts/update-steps.ts'
import { DOORS, type UpdateDoor } from '../observations/update-refusal.ts'
import { obj } from '../schema.ts'
import type { Statement } from '../statement.ts'
import { declaredOf } from '../subject.ts'
import { changed, declaredUpdates, genuineInstalled, genuineOf, unproven, updateOf, wasSent } from './attempts.ts'
import { overUpdates } from './upload-page.ts'
import { outcomeOf } from './outcome.ts'

/** A package that the device fetches by itself is brought by nobody who could log in. */
const isUpload: Criterion['concerns'] = ({ updates }, subject) =>
  updates.some((u) => u.id === declaredOf(subject).id && u.upload !== undefined)

const applies = (statement: Statement): Applies =>
  statement.updates.length > 0 && statement.updates.every((u) => u.upload === undefined)
    ? { answer: 'no', why: { code: 'no-upload-declared', values: {} } }
    : declaredUpdates(statement)

/** The package went out, or a step before it turned the visitor away. */
function wasTried(door: UpdateDoor): boolean {
  const status = answerOf(door.steps?.before.at(-1) ?? null)?.status ?? 500
  return wasSent(door) || (!door.upload && door.steps?.ended !== 'no-answer' && status < 500)
}

/**
 * Who did not log in, or with a wrong password, installs nothing (ETSI EN 303 645 provision 5.5-5). The very package that
 * was refused then is installed for who logs in, so that it was the log-in that was missing and nothing else.
 */
export const criterion = defineCriterion({
  id: 'update-integrity/upload-needs-login',
  version: '1.4.0',
  ...overUpdates,
  applies,
  concerns: isUpload,
  parameters: obj({}),
  judge({ value }, context) {
    const isInstalled = genuineInstalled(value, genuineOf(context))
    const { cite } = context
    const upload = updateOf(context)?.upload
    if (!upload || accountOf(upload) === undefined)
      return isInstalled
        ? [violation('declared-open', {}, [cite('/genuine')])]
        : [gap('genuine-not-installed', {}, [unproven(value, context)])]

    const outcomes = value.doors.flatMap((d, i): Finding[] => {
      if (!wasTried(d)) return [gap('not-tried', { variant: d.id }, [cite(`/doors/${i}`)])]
      return outcomeOf(d, d.id, cite(`/doors/${i}`), value)
    })
    const missing = DOORS.filter((id) => !value.doors.some((d) => d.id === id)).map((id) =>
      gap('not-tried', { variant: id }, [cite('/missing')]),
    )
    const refused = value.doors.flatMap((d, i) =>
      d.cameBack && d.versionAfter.text !== null && wasTried(d) && !changed(d) ? [cite(`/doors/${i}`)] : [],
    )
    const twin = isInstalled
      ? refused.length > 0
        ? [evidence('refused', {}, [...refused, cite('/genuine')])]
        : []
      : [gap('genuine-not-installed', {}, [unproven(value, context)])]
    return [...outcomes, ...missing, ...twin]
  },
})
