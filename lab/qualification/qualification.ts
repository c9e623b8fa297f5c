import { digestOf } from '../../suites/canonical.ts'
import type { Registry } from '../../suites/plan.ts'
import { bilingual, bool, int, list, obj, oneOf, orNull, sha256Hex, text, type Static } from '../../suites/schema.ts'
import type { Weakness } from '../cameras/weakness.ts'
import type { Case } from './case.ts'
import { VERDICTS, type CaseResult } from './result.ts'

/** What became of one weakness under one criterion that is about it. */
export const DETECTIONS = ['detected', 'undecided', 'unnoticed', 'not-observed'] as const

/** Proof that the harness works: which weakness each criterion notices, and whom it accuses for nothing. */
export const qualificationSchema = obj(
  {
    camseal: oneOf('qualification/1'),
    tool: obj({ name: oneOf('camseal'), version: text(), node: text(), platform: text() }),
    suite: obj({ digest: sha256Hex(), state: oneOf('released', 'unreleased') }),
    /** Digest over the code that observes and plays the camera. */
    lab: sha256Hex(),
    regulation: obj({ id: text(), edition: text(), digest: sha256Hex() }),
    network: oneOf('private', 'loopback'),
    /** False where `--only` left something out. */
    whole: bool(),
    criteria: list(
      obj({
        criterion: text(),
        /** Verdict on the conforming camera; null where it was not observed. */
        sound: orNull(oneOf(...VERDICTS)),
        falseAlarm: bool(),
        weaknesses: list(
          obj({
            weakness: text(),
            /** `undecided`: what remains cannot be told from a fault of the bench; it must not pass. */
            expected: oneOf('detected', 'undecided'),
            outcome: oneOf(...DETECTIONS),
            /** It goes unnoticed by this criterion when its judge is replaced by one that always passes. */
            unnoticedWithoutJudge: bool(),
            /** Other criteria that notice it in any case. */
            alsoNoticedBy: list(text()),
          }),
        ),
        /** A weakness is detected by this criterion, and by its judge and nothing else. */
        proven: bool(),
      }),
    ),
    weaknesses: list(obj({ id: text(), title: bilingual(), seconds: orNull(int()), result: orNull(sha256Hex()) })),
    totals: obj({
      criteria: int(),
      proven: int(),
      detected: int(),
      unnoticed: int(),
      falseAlarms: int(),
      failed: int(),
    }),
  },
  'Camseal qualification',
)
export type Qualification = Static<typeof qualificationSchema>
export type CriterionProof = Qualification['criteria'][number]

/** The tables of a qualification from the results of its cases; a case without result was not observed. */
export function proofsOf(
  cases: readonly Case[],
  results: ReadonlyMap<string, CaseResult>,
  { criteria }: Registry,
): Pick<Qualification, 'criteria' | 'weaknesses' | 'totals'> {
  const concerned = [...criteria.keys()].filter((id) => cases.some((c) => c.criteria.includes(id))).sort()
  const proofs = concerned.map((id) => proofOf(id, cases, results))
  const planted = cases.flatMap((c) => (c.weakness ? [c.weakness] : []))
  const outcomes = proofs.flatMap((p) => p.weaknesses)
  return {
    criteria: proofs,
    weaknesses: planted.map(({ id, title }) => {
      const result = results.get(id)
      return { id, title, seconds: result?.seconds ?? null, result: result ? digestOf(result) : null }
    }),
    totals: {
      criteria: proofs.length,
      proven: proofs.filter((p) => p.proven).length,
      detected: outcomes.filter((o) => o.outcome === o.expected).length,
      unnoticed: outcomes.filter((o) => o.outcome !== o.expected && o.outcome !== 'not-observed').length,
      falseAlarms: proofs.filter((p) => p.falseAlarm).length,
      failed: cases.filter((c) => !results.has(c.id)).length,
    },
  }
}

function proofOf(criterion: string, cases: readonly Case[], results: ReadonlyMap<string, CaseResult>): CriterionProof {
  const verdictIn = (id: string) => results.get(id)?.criteria.find((c) => c.criterion === criterion)
  const sound = cases.find((c) => c.weakness === null && c.criteria.includes(criterion))
  const verdict = (sound && verdictIn(sound.id)?.verdict) ?? null
  const weaknesses = cases.flatMap(({ id, weakness, criteria }) => {
    if (!weakness || !criteria.includes(criterion)) return []
    const tried = verdictIn(id)
    const others = (results.get(id)?.criteria ?? []).filter((c) => c.criterion !== criterion && c.verdict === 'fail')
    return [
      {
        weakness: id,
        expected: expectedOf(weakness, criterion),
        outcome: tried ? outcomeOf(tried.verdict) : ('not-observed' as const),
        unnoticedWithoutJudge: tried?.verdict === 'fail' && tried.blind !== 'fail',
        alsoNoticedBy: others.map((c) => c.criterion),
      },
    ]
  })
  const proven = weaknesses.some((w) => w.outcome === 'detected' && w.unnoticedWithoutJudge)
  return { criterion, sound: verdict, falseAlarm: verdict === 'fail', weaknesses, proven }
}

const expectedOf = ({ undecided }: Weakness, criterion: string): 'detected' | 'undecided' =>
  undecided?.includes(criterion) ? 'undecided' : 'detected'

const outcomeOf = (verdict: CaseResult['criteria'][number]['verdict']): (typeof DETECTIONS)[number] =>
  verdict === 'fail' ? 'detected' : verdict === 'inconclusive' ? 'undecided' : 'unnoticed'

/** Whether the sound camera is beyond doubt: it passes, or has nothing that the criterion is about. */
export const isClear = (sound: CriterionProof['sound']): boolean => sound === 'pass' || sound === 'not-applicable'

/** 4 where a camera could not be tested; 1 where a weakness goes unnoticed, a sound camera is accused or a criterion is unproven; 2 where the sound camera stays undecided. */
export function exitOfQualification({ criteria, totals, whole }: Qualification): number {
  if (totals.failed > 0) return 4
  if (totals.unnoticed > 0 || totals.falseAlarms > 0 || (whole && totals.proven < totals.criteria)) return 1
  return criteria.every((c) => isClear(c.sound)) ? 0 : 2
}
