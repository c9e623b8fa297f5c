import { gap, violation, type Applies, type Finding, type JudgeContext } from '../criterion.ts'
import { kind as remoteCredentials, type RemoteCredentials } from '../observations/remote-credentials.ts'
import { remoteEndpoints, remoteProtocolOf, type RemoteProtocol } from '../observations/remote-endpoints.ts'
import { kind as services } from '../observations/services.ts'
import type { ObservationKind } from '../observation.ts'
import type { Statement } from '../statement.ts'
import { endpointOf } from '../subject.ts'

export const LOG_IN_PROTOCOLS: readonly RemoteProtocol[] = ['ssh', 'telnet', 'ftp', 'mqtt']

export const appliesWhereRemote =
  (protocols: readonly RemoteProtocol[]) =>
  (statement: Statement): Applies =>
    statement.services.some((s) => protocols.includes(remoteProtocolOf(s)?.protocol ?? 'console'))
      ? { answer: 'yes' }
      : { answer: 'no', why: { code: 'no-remote-declared', values: {} } }

type Judging<P> = (value: RemoteCredentials, context: JudgeContext<P>) => Finding[]

/**
 * Ports that speak one of the protocols although none is declared (rule 5), and what was found there. A port that greets
 * with a prompt contradicts nothing by that alone: where `consoles` are judged, it counts by what came of it. Where the
 * ports are not known, neither is whether anything contradicts.
 */
export const undeclaredRemote =
  <P>(protocols: readonly RemoteProtocol[], judging?: Judging<P>, consoles = false) =>
  (context: JudgeContext<P>): Finding[] => {
    const rows = context.others(services)
    const unknown = rows.flatMap(({ subject, seen }) =>
      seen.answered ? [] : [gap('services-unknown', { subject }, [])],
    )
    const seen = <T>(kind: ObservationKind<T>) =>
      context.others(kind).flatMap((o) => (o.seen.answered ? [{ subject: o.subject, value: o.seen.value }] : []))
    const tried = judging ? context.others(remoteCredentials) : []
    const found = remoteEndpoints({ statement: context.statement, seen }).flatMap((endpoint) => {
      const { subject, protocol, seenAt } = endpoint
      const at = rows.find((r) => r.subject === seenAt?.subject)?.cite(`/services/${seenAt?.row ?? 0}`)
      const { port, family } = endpointOf(subject)
      const contradicts = protocols.includes(protocol)
      if (!at || (!contradicts && !(consoles && protocol === 'console'))) return []
      const here = tried.find((o) => o.subject === subject)
      const came =
        judging && here?.seen.answered
          ? judging(here.seen.value, { ...context, subject, cite: here.cite }).filter((f) => f.is !== 'evidence')
          : [gap('remote-unanswered', { subject }, [])]
      return contradicts
        ? [
            violation('remote-undeclared', { port, family, protocol }, [at]),
            ...came.filter((f) => f.is === 'violation'),
          ]
        : came
    })
    return [...unknown, ...found]
  }
