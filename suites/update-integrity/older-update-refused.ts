import { defineCriterion, evidence, gap, violation } from '../criterion.ts'
import { kind as updateRefusal, type UpdateVariant } from '../observations/update-refusal.ts'
import { obj } from '../schema.ts'
import { changed, changedOverPower, declaredUpdates, genuineOf, versionChanged, wasUploaded } from './attempts.ts'
import { reachOf, wasTaken } from '../facts/update-reach.ts'
import { goneAway } from './gone-away.ts'

/**
 * Once a version is installed, an older genuine package is refused by the same path (roll-back protection: NIST
 * SP 800-193 section 4.2; in an assessment by ETSI TS 103 701 it is weighed under 7-UpdMech). The path counts as proven
 * where any package changed the version.
 */
export const criterion = defineCriterion({
  id: 'update-integrity/older-update-refused',
  version: '2.3.0',
  area: 'update-integrity',
  over: updateRefusal,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: declaredUpdates,
  judge({ value }, context) {
    const { older, genuine, variants, returns } = value
    const isChanged = (v: UpdateVariant): boolean => versionChanged(v) && wasTaken(v)
    const cite = context.cite('/older')
    const back = returns.findIndex(
      (r) => r.cameBack && versionChanged(r) && r.versionBefore.text === genuineOf(context),
    )
    const returned = returns[back]
    if (returned) {
      const values = { before: returned.versionBefore.text ?? '', after: returned.versionAfter.text ?? '' }
      return [violation('older-installed', values, [context.cite(`/returns/${back}`)])]
    }
    if (older === null) {
      const missing = value.missing.findIndex((m) => m.id === 'older')
      const supplied = missing < 0 || value.missing[missing]?.why !== 'not-supplied'
      return [
        gap(
          supplied ? 'older-not-offered' : 'older-not-supplied',
          {},
          missing < 0 ? [] : [context.cite(`/missing/${missing}`)],
        ),
      ]
    }
    const before = older.versionBefore.text
    if (older.versionAfter.exchange.failure?.code === 'lab') return [gap('version-not-read', {}, [cite])]
    if (!older.cameBack) {
      const over = changedOverPower(older)
      const installed = 'after' in over ? [violation('older-installed', over, [cite])] : []
      return [goneAway(older, value.power, {}, cite), ...installed]
    }
    if (older.versionAfter.text === null) return [gap('version-not-read', {}, [cite])]
    if (changed(older) && !wasTaken(older)) return [gap('changed-unfetched', {}, [cite])]
    if (changed(older))
      return [violation('older-installed', { before: before ?? '', after: older.versionAfter.text }, [cite])]
    const proof =
      genuine && versionChanged(genuine) && wasTaken(genuine)
        ? '/genuine'
        : variants.some(isChanged)
          ? `/variants/${variants.findIndex(isChanged)}`
          : null
    if (!wasUploaded(older)) return [gap(older.fetch ? 'not-fetched' : 'older-not-offered', {}, [cite])]
    if (proof === null || before === null || before !== genuineOf(context))
      return [gap('newer-not-installed', {}, [context.cite('/genuine'), cite])]
    return [
      evidence(reachOf(older) === 'unread' ? 'refused-unread' : 'refused', { version: before }, [
        cite,
        context.cite(proof),
      ]),
    ]
  },
})
