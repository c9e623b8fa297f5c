import { always, defineCriterion, evidence, gap, violation, type Finding } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { passwordChallengesOf } from '../facts/challenge.ts'
import { kind } from '../observations/challenges.ts'
import { obj } from '../schema.ts'
import { asksByForm } from './by-form.ts'
import { challengeCatalogue, offerOf, rowFor, type Offer } from './challenge-catalogue.ts'

/**
 * Passwords are asked for in a way that the catalogue of the regulation does not forbid for the transport: algorithm and
 * qop of Digest (RFC 7616 sections 3.3 and 3.7; EN 303 645 provision 5.1-3). Whoever offers only the present form passes.
 */
export const criterion = defineCriterion({
  id: 'authentication/digest-strength',
  version: '1.2.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: ['challenges'],
  applies: always,
  judge({ value }, { cite, catalogue }) {
    const table = challengeCatalogue(catalogue('challenges'))
    const found = new Map<string, Finding>()
    for (const [i, exchange] of value.fresh.entries()) {
      const answer = answerOf(exchange)
      const cites = [cite(`/fresh/${i}`)]
      if (answer === null) {
        found.set('no-answer', gap('no-answer', { target: value.target }, cites))
        continue
      }
      const offers = passwordChallengesOf(answer).map(offerOf)
      for (const offer of offers) {
        const row = rowFor(offer, offers, value.tls, table)
        const values = { mechanism: nameOf(offer), port: value.port, row: row?.id ?? '' }
        const key = `${values.mechanism} ${values.row}`
        if (found.has(key)) continue
        if (row === null) found.set(key, gap('unknown-mechanism', values, cites))
        else found.set(key, (row.verdict === 'forbidden' ? violation : evidence)(row.verdict, values, cites))
      }
    }
    if (found.size > 0) return [...found.values()]
    return [
      asksByForm(value)
        ? evidence('asks-by-form', { target: value.target }, [cite('/fresh'), cite('/genuine')])
        : gap('no-challenge', { target: value.target }, [cite('/fresh')]),
    ]
  },
})

/** As it is shown; the device chose the words. */
const nameOf = ({ scheme, algorithm, qop }: Offer): string =>
  scheme === 'digest' ? `Digest ${algorithm.slice(0, 24)}${qop ? '' : ' (no qop)'}` : scheme.slice(0, 24)
