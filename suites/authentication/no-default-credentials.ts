import { defineCriterion } from '../criterion.ts'
import { kind } from '../observations/http-credentials.ts'
import { loginsOver } from '../observations/log-ins.ts'
import { credentialFindings } from './credential-findings.ts'
import { credentialParameters } from './credential-parameters.ts'

/** No published, blank or guessable credential opens a log-in over HTTP (EN 303 645 provision 5.1-1). */
export const criterion = defineCriterion({
  id: 'authentication/no-default-credentials',
  version: '1.0.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['factory-fresh', 'in-service'],
  parameters: credentialParameters,
  catalogues: ['default-passwords'],
  applies: (statement) =>
    loginsOver(statement, 'http').length > 0
      ? { answer: 'yes' }
      : { answer: 'unknown', why: { code: 'no-log-in-declared', values: {} } },
  judge: ({ value }, context) => credentialFindings(value, context),
})
