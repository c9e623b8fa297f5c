import type { Probe } from '../../lab/probe.ts'
import { probe as credentialsProbe } from '../../lab/probes/remote-credentials.ts'
import { probe as algorithmsProbe } from '../../lab/probes/ssh-algorithms.ts'
import { criterion as noAnonymous } from '../../suites/authentication/no-anonymous-remote-access.ts'
import { criterion as noDefaults } from '../../suites/authentication/no-default-remote-credentials.ts'
import type { Criterion } from '../../suites/criterion.ts'
import { criterion as noPlain } from '../../suites/encryption/no-plain-remote-login.ts'
import { criterion as algorithms } from '../../suites/encryption/ssh-algorithms.ts'
import type { Seen } from '../../suites/observation.ts'
import type { RemoteCredentials } from '../../suites/observations/remote-credentials.ts'
import type { SshAlgorithms } from '../../suites/observations/ssh-algorithms.ts'
import type { Service, Statement } from '../../suites/statement.ts'
import { endpointSubject } from '../../suites/subject.ts'
import { catalogueData, judged } from './authentication.ts'
import { emptyStatement, testBench, type TestBench } from './bench.ts'

/** A catalogue short enough for servers that hold every refusal back for seconds. */
const SHORT = {
  pairs: [
    { user: 'admin', password: 'admin' },
    { user: 'root', password: 'xc3511' },
  ],
}

export const subjectAt = (port: number): string => endpointSubject('a', 'ipv4', port)

/** One declared service at 127.0.0.1; with a password, also a log-in there as `operator`. */
export function remoteStatement(protocol: Service['protocol'], port: number, password?: string): Statement {
  const service: Service = { id: 'door', transport: 'tcp', port, protocol, families: ['ipv4'], purpose: 'test' }
  const account = { id: 'owner', user: 'operator', password: { prompt: true }, role: 'administrator' as const }
  return emptyStatement({
    services: [service],
    ...(password === undefined
      ? {}
      : { accounts: [account], logins: [{ id: 'in', service: 'door', account: 'owner', target: '-' }] }),
  })
}

export const remoteBench = (statement: Statement, password = ''): TestBench =>
  testBench(statement, {
    secrets: { owner: password },
    catalogue: (name) => (name === 'default-passwords' ? SHORT : catalogueData(name)),
    // Locks are not waited out here.
    wait: () => Promise.resolve(true),
  })

async function seenBy<T>(probe: Probe<T>, statement: Statement, password?: string): Promise<Seen<T>> {
  return await probe.run(remoteBench(statement, password), subjectAt(statement.services[0]?.port ?? 0))
}

export const observeRemote = (statement: Statement, password?: string): Promise<Seen<RemoteCredentials>> =>
  seenBy(credentialsProbe, statement, password)
export const observeSsh = (statement: Statement): Promise<Seen<SshAlgorithms>> => seenBy(algorithmsProbe, statement)

const CRITERIA = { anonymous: noAnonymous, defaults: noDefaults, plain: noPlain } as const

/** `verdict code code …` of the three criteria over one observation. */
export function remoteVerdicts(seen: Seen<RemoteCredentials>, statement: Statement): Record<string, string> {
  const told = (criterion: Criterion<RemoteCredentials>) => {
    const { verdict, codes } = judged(criterion, seen, { statement, subject: 'a/ipv4/00001' })
    return [verdict, ...codes].join(' ')
  }
  return Object.fromEntries(
    Object.entries(CRITERIA).map(([name, criterion]) => [name, told(criterion as Criterion<RemoteCredentials>)]),
  )
}

export function sshVerdict(seen: Seen<SshAlgorithms>, statement: Statement): string {
  const { verdict, codes } = judged(algorithms as Criterion<SshAlgorithms>, seen, { statement, subject: 'a/ipv4/1' })
  return [verdict, ...codes].join(' ')
}
