import { violation, type Finding, type JudgeContext } from '../criterion.ts'
import { bodyText } from '../facts/http-text.ts'
import { kind as httpAnonymous } from '../observations/http-anonymous.ts'
import { kind as updateRefusal } from '../observations/update-refusal.ts'
import { declaredUpdates } from './attempts.ts'

const FILE_FIELD = /<input\b[^>]{0,200}\btype\s*=\s*["']?file\b/i
const UPDATE_WORD =
  /firmware|upgrade|update|c\xe1\xba\xadp nh\xe1\xba\xadt|n\xc3\xa2ng c\xe1\xba\xa5p|\xe5\x8d\x87\xe7\xba\xa7/i
const MOST_READ = 65_536

/** A page of the device with a field for a file and a word for updates: who has one has an update interface (rule 5). */
export const uploadPageSeen = (context: JudgeContext<unknown>): Finding[] =>
  context.others(httpAnonymous).flatMap(({ seen, cite }) =>
    seen.answered
      ? seen.value.visits.flatMap((visit, i) =>
          (['anonymous', 'genuine'] as const).flatMap((who) => {
            const text = bodyText(visit[who])?.slice(0, MOST_READ) ?? ''
            return visit.source !== 'decoy' && FILE_FIELD.test(text) && UPDATE_WORD.test(text)
              ? [violation('update-page-seen', { target: visit.target }, [cite(`/visits/${i}/${who}`)])]
              : []
          }),
        )
      : [],
  )

/** What criteria over updates have in common, where a page for uploads contradicts that there are none. */
export const overUpdates = {
  area: 'update-integrity',
  over: updateRefusal,
  also: [httpAnonymous],
  states: ['in-service'],
  catalogues: [],
  applies: declaredUpdates,
  contradicts: uploadPageSeen,
} as const
