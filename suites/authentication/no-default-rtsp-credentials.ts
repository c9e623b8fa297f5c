import { defineCriterion } from '../criterion.ts'
import { kind } from '../observations/rtsp-credentials.ts'
import { loginsOver } from '../observations/log-ins.ts'
import { kind as undeclaredLogins } from '../observations/undeclared-logins.ts'
import { credentialFindings } from './credential-findings.ts'
import { credentialParameters } from './credential-parameters.ts'
import { contradictedBy, undeclaredFindings } from './undeclared-tries.ts'

/** No published, blank or guessable credential opens a log-in over RTSP (EN 303 645 provision 5.1-1). */
export const criterion = defineCriterion({
  id: 'authentication/no-default-rtsp-credentials',
  version: '1.1.0',
  area: 'authentication',
  over: kind,
  also: [undeclaredLogins],
  states: ['factory-fresh', 'in-service'],
  parameters: credentialParameters,
  catalogues: ['default-passwords'],
  applies: (statement) =>
    loginsOver(statement, 'rtsp').length > 0
      ? { answer: 'yes' }
      : { answer: 'unknown', why: { code: 'no-log-in-declared', values: {} } },
  contradicts: contradictedBy('rtsp', 'authentication/no-default-rtsp-credentials'),
  judge: ({ value }, context) => [
    ...credentialFindings(value, context),
    ...undeclaredFindings(context, 'rtsp', loginsOver(context.statement, 'rtsp')),
  ],
})
