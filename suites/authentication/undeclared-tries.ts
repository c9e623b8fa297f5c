import type { Finding, JudgeContext } from '../criterion.ts'
import type { Spoken } from '../observations/endpoints.ts'
import type { DeclaredLogin } from '../observations/log-ins.ts'
import { kind as undeclaredLogins } from '../observations/undeclared-logins.ts'
import type { Static } from '../schema.ts'
import { credentialFindings } from './credential-findings.ts'
import type { credentialParameters } from './credential-parameters.ts'
import { claimContradicted, found, gapOf, type Found } from './undeclared-logins.ts'

type Context = JudgeContext<Static<typeof credentialParameters>>

/** What listed credentials came to where no log-in is declared: one that opens it is told as anywhere else. */
export const undeclaredFindings = (context: Context, protocol: Spoken, logins: readonly DeclaredLogin[]): Finding[] =>
  found(context, protocol, logins).flatMap((one) => triesOf(one, context))

function triesOf(one: Found, context: Context): Finding[] {
  if (!one.seen.answered || !one.seen.value.tries) return gapOf(one)
  const cite = (at: string) => one.cite(`/tries${at}`)
  const findings = credentialFindings(one.seen.value.tries, { ...context, cite })
  const against = findings.filter((f) => f.is === 'violation')
  if (findings.some((f) => f.is === 'gap')) return [...against, ...gapOf(one)]
  return findings
}

/** Where no log-in is declared over the protocol at all: listed credentials that open one, and a claim that there is none. */
export const contradictedBy =
  (protocol: Spoken, criterion: string) =>
  (context: Context): Finding[] => [
    ...claimContradicted(protocol, criterion)(context),
    ...context
      .others(undeclaredLogins)
      .filter(({ seen }) => seen.answered && seen.value.protocol === protocol)
      .flatMap((one) => triesOf(one, context).filter((f) => f.is === 'violation' && f.certainty === 'confirmed')),
  ]
