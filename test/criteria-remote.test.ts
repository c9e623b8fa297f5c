import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bilingual } from '../reports/locales/index.ts'
import { criterion as noAnonymous } from '../suites/authentication/no-anonymous-remote-access.ts'
import { criterion as noDefaults } from '../suites/authentication/no-default-remote-credentials.ts'
import type { Criterion } from '../suites/criterion.ts'
import { criterion as noPlain } from '../suites/encryption/no-plain-remote-login.ts'
import { criterion as algorithms } from '../suites/encryption/ssh-algorithms.ts'
import { LISTS_OF, SSH_PARTS, sshCatalogue, sshRule } from '../suites/encryption/ssh-catalogue.ts'
import type { Judgement } from '../suites/judge.ts'
import type { Observation } from '../suites/observation.ts'
import {
  kind as credentials,
  type RemoteAttempt,
  type RemoteCredentials,
} from '../suites/observations/remote-credentials.ts'
import { kind as services, type ServiceSeen, type Services } from '../suites/observations/services.ts'
import { kind as sshKind, type SshAlgorithms } from '../suites/observations/ssh-algorithms.ts'
import { remoteEndpoints, type RemoteProtocol } from '../suites/observations/remote-endpoints.ts'
import { emptyStatement } from './support/bench.ts'
import { remoteStatement, subjectAt } from './support/remote.ts'
import { answered, catalogueFile, codes, fixture, judgeBy } from './support/judging.ts'

/** Fixtures were recorded from servers that others wrote, by remote-software.test.ts. */

const load = <T>(path: string): T => structuredClone(fixture(path)) as T
const base64 = (text: string | number[]): string =>
  Buffer.from(typeof text === 'string' ? Buffer.from(text, 'latin1') : Uint8Array.from(text)).toString('base64')

const KINDS = [credentials, sshKind, services]

/** Every message has its text in both languages. */
function told(id: string, judgements: Judgement[]): void {
  for (const { message } of judgements.flatMap((j) => j.findings))
    if (!message.code.startsWith('framework.'))
      assert.ok(bilingual(`criteria/${id}`, `messages.${message.code}`), `${id} ${message.code}`)
}

const noServices: Services = {
  address: '127.0.0.1',
  family: 'ipv4',
  sourceAddress: '127.0.0.1',
  services: [],
  unasked: [],
}

function judged<T, P>(
  criterion: Criterion<T, P>,
  value: T,
  { protocol, port }: { protocol: RemoteProtocol; port: number },
  parameters: Record<string, unknown> = {},
): Judgement {
  const statement = remoteStatement(protocol === 'console' ? 'telnet' : protocol, port)
  const observations: Observation[] = [
    answered(criterion.over, subjectAt(port), value),
    answered(services, 'a/ipv4', noServices),
  ]
  const judgements = judgeBy(criterion, { statement, observations, kinds: KINDS, parameters })
  told(criterion.id, judgements)
  const [found] = judgements
  assert.ok(found && judgements.length === 1)
  return found
}

function remote(
  name: string,
  criterion: Criterion<RemoteCredentials>,
  change: (v: RemoteCredentials) => void = () => undefined,
) {
  const value = load<RemoteCredentials>(`remote-credentials/${name}.json`)
  change(value)
  return judged(criterion, value, value)
}

const closed = (one: RemoteAttempt): RemoteAttempt => ({
  ...one,
  steps: [],
  sum: null,
  failure: { code: 'closed', detail: 'closed before the answer' },
})

describe('default credentials over SSH, Telnet, FTP and MQTT', () => {
  test('refused while the owner gets in: pass; accepted: fail, with the words tried', () => {
    for (const name of ['openssh', 'telnetd', 'vsftpd', 'mosquitto'])
      assert.equal(remote(name, noDefaults).verdict, 'pass', name)
    for (const name of ['openssh-old', 'dropbear', 'telnetd-default', 'vsftpd-anonymous']) {
      const judgement = remote(name, noDefaults)
      assert.equal(judgement.verdict, 'fail', name)
      const first = judgement.findings[0]
      assert.match(first?.cites[0]?.at ?? '', /^\/batches\/\d+\/tries\/\d+$/)
      assert.ok(['admin', 'xc3511'].includes(String(first?.message.values['password'])))
    }
  })

  test('a door that closed after the tries, or was silent, decides nothing', () => {
    for (const name of ['openssh', 'telnetd', 'vsftpd', 'mosquitto', 'mosquitto-undeclared', 'openssh-keys-only'])
      for (const [n, change] of [
        (v: RemoteCredentials) => v.batches.forEach((b) => (b.control = closed(b.control))),
        (v: RemoteCredentials) => v.batches.forEach((b) => (b.tries = b.tries.map(closed))),
        (v: RemoteCredentials) => (v.knownBad = closed(v.knownBad)),
        (v: RemoteCredentials) => (v.batches = []),
        (v: RemoteCredentials) => (v.complete = false),
        (v: RemoteCredentials) => (v.stopped = 'locked'),
      ].entries()) {
        const judgement = remote(name, noDefaults, change)
        assert.equal(judgement.verdict, 'inconclusive', `${name} ${n} ${codes(judgement).join()}`)
      }
  })

  test('the declared credential must work, and must not be on the list itself', () => {
    const broken = remote('openssh', noDefaults, (v) => (v.knownGood = v.knownBad))
    assert.equal(broken.verdict, 'inconclusive')
    assert.ok(codes(broken).includes('declared-does-not-work'))
    assert.deepEqual(codes(remote('openssh', noDefaults, (v) => (v.declaredIsListed = true))).slice(0, 1), [
      'declared-is-listed',
    ])
    const published = remote('openssh', noDefaults, ({ knownGood }) => {
      if (knownGood?.credential) knownGood.credential.published = true
    })
    assert.equal(published.verdict, 'fail')
    assert.ok(codes(published).includes('declared-is-published'))
  })

  test('before the first set-up a default is what the parameters say', () => {
    const value = load<RemoteCredentials>('remote-credentials/dropbear.json')
    const statement = remoteStatement('ssh', value.port)
    for (const sample of statement.samples) sample.arrives = 'factory-fresh'
    const verdicts = (inFactoryState: string) =>
      judgeBy(noDefaults, {
        statement,
        observations: (['factory-fresh', 'in-service'] as const).flatMap((state) => [
          answered(credentials, subjectAt(value.port), value, state),
          answered(services, 'a/ipv4', noServices, state),
        ]),
        kinds: KINDS,
        parameters: { inFactoryState },
      }).map((j) => `${j.state} ${j.verdict}`)
    assert.deepEqual(verdicts('forbidden'), ['factory-fresh fail', 'in-service fail'])
    assert.deepEqual(verdicts('allowed'), ['factory-fresh pass', 'in-service fail'])
  })
})

describe('remote access without a log-in', () => {
  test('pass, fail and undecided', () => {
    for (const name of ['openssh', 'openssh-keys-only', 'dropbear', 'telnetd', 'vsftpd', 'mosquitto'])
      assert.equal(remote(name, noAnonymous).verdict, 'pass', name)
    for (const name of ['open-shell', 'vsftpd-anonymous', 'mosquitto-open'])
      assert.equal(remote(name, noAnonymous).verdict, 'fail', name)
    // pure-ftpd 1.0.50 with TLS demanded: it says so and closes.
    const pure = (one: RemoteAttempt): RemoteAttempt => ({
      ...one,
      steps: [
        {
          sent: 'nothing',
          answer: base64('220 You will be disconnected after 15 minutes of inactivity.\r\n'),
          end: 'complete',
        },
        {
          sent: 'user',
          answer: base64(
            '421-Sorry, cleartext sessions and weak ciphers are not accepted on this server.\r\n421 Please reconnect using TLS security mechanisms.\r\n',
          ),
          end: 'complete',
        },
      ],
    })
    const closing = (v: RemoteCredentials): void => {
      v.anonymous = pure(v.anonymous)
      v.knownBad = pure(v.knownBad)
      v.knownGood = v.knownGood && pure(v.knownGood)
      v.authTls = base64('234 AUTH TLS OK.\r\n')
    }
    for (const [criterion, verdict, code] of [
      [noPlain, 'pass', 'refused-in-clear'],
      [noDefaults, 'inconclusive', 'only-over-tls'],
      [noAnonymous, 'inconclusive', 'anonymous-only-over-tls'],
    ] as const) {
      const judgement = remote('vsftpd', criterion, closing)
      assert.deepEqual([judgement.verdict, ...codes(judgement)], [verdict, code])
    }
    const busy = remote('vsftpd', noPlain, (v) => {
      closing(v)
      const steps = (a: RemoteAttempt | null) =>
        a?.steps.forEach((s) => (s.answer = base64('421 Too many connections.\r\n')))
      ;[v.knownBad, v.knownGood].forEach(steps)
    })
    assert.equal(busy.verdict, 'inconclusive')
    for (const name of ['openssh', 'telnetd', 'vsftpd', 'mosquitto']) {
      const silent = remote(name, noAnonymous, (v) => (v.anonymous = closed(v.anonymous)))
      assert.deepEqual([silent.verdict, ...codes(silent)], ['inconclusive', 'anonymous-unclear'], name)
    }
  })

  test('a prompt whose sum does not come back is suspected, not proved', () => {
    const judgement = remote('open-shell', noAnonymous, (v) => {
      for (const one of [v.anonymous, v.knownBad]) one.sum = 1
    })
    assert.deepEqual([judgement.verdict, ...codes(judgement)], ['inconclusive', 'prompt-without-log-in?'])
  })

  test('an MQTT client that may connect but not listen is suspected', () => {
    const judgement = remote('mosquitto-open', noAnonymous, (v) => {
      v.subscription = { answer: base64([0x90, 3, 0, 1, 0x80]), messages: 0 }
      v.knownBad.steps = [{ sent: 'connect', answer: base64([0x20, 2, 0, 5]), end: 'complete' }]
    })
    assert.deepEqual([judgement.verdict, ...codes(judgement)], ['inconclusive', 'anonymous-mqtt-connects?'])
  })

  test('one user let in by SSH without a password is enough', () => {
    const judgement = remote('openssh', noAnonymous, (v) => {
      const one = v.batches[0]?.tries[0]
      if (one) one.steps = [{ sent: 'none', answer: base64([52]), end: 'complete' }]
    })
    assert.deepEqual([judgement.verdict, ...codes(judgement)], ['fail', 'anonymous-refused', 'opens-without-password'])
  })
})

const refuse = (one: RemoteAttempt): RemoteAttempt => ({
  ...one,
  steps: [
    { sent: 'nothing', answer: base64('220 ready\r\n'), end: 'complete' },
    { sent: 'user', answer: base64('530 Non-anonymous sessions must use encryption.\r\n'), end: 'complete' },
  ],
})

describe('passwords in clear', () => {
  test('Telnet, FTP and MQTT without TLS fail; SSH and MQTT over TLS pass', () => {
    for (const name of ['telnetd', 'vsftpd', 'mosquitto', 'mosquitto-open'])
      assert.equal(remote(name, noPlain).verdict, 'fail', name)
    assert.equal(remote('openssh', noPlain).verdict, 'pass')
    assert.equal(remote('mosquitto', noPlain, (v) => (v.tls = true)).verdict, 'pass')
  })

  test('FTP that refuses the user before TLS passes; silence decides nothing', () => {
    const forced = remote('vsftpd', noPlain, (v) => {
      v.knownBad = refuse(v.knownBad)
      v.knownGood = v.knownGood && refuse(v.knownGood)
    })
    assert.deepEqual([forced.verdict, ...codes(forced)], ['pass', 'refused-in-clear'])
    const untried = remote('vsftpd', noDefaults, (v) => {
      v.knownBad = refuse(v.knownBad)
      v.authTls = base64('234 Proceed with negotiation.\r\n')
    })
    assert.deepEqual([untried.verdict, ...codes(untried)], ['inconclusive', 'only-over-tls'])
    for (const name of ['openssh', 'telnetd', 'vsftpd', 'mosquitto']) {
      const silent = remote(name, noPlain, (v) => {
        v.anonymous = closed(v.anonymous)
        v.knownBad = closed(v.knownBad)
        v.knownGood = null
      })
      assert.deepEqual([silent.verdict, ...codes(silent)], ['inconclusive', 'clear-unsettled'], name)
    }
  })
})

describe('algorithms of SSH', () => {
  const ssh = (name: string, change: (v: SshAlgorithms) => void = () => undefined): Judgement => {
    const value = load<SshAlgorithms>(`ssh-algorithms/${name}.json`)
    change(value)
    return judged(algorithms, value, { protocol: 'ssh', port: value.port })
  }

  test('what OpenSSH offers today passes; 3DES, MD5, a 1024-bit group or key fail', () => {
    assert.equal(ssh('openssh').verdict, 'pass')
    assert.equal(ssh('openssh-old').verdict, 'fail')
    assert.ok(codes(ssh('dropbear')).includes('rsa-key-short'))
  })

  test('version 1, an unknown algorithm, half a list and an unread key', () => {
    assert.equal(ssh('openssh', (v) => (v.identification = base64('SSH-1.99-OpenSSH_2.1\r\n'))).verdict, 'fail')
    const renamed = ssh('openssh', (v) => {
      const bytes = Buffer.from(v.kexInit, 'base64').toString('latin1').replace('aes128-ctr', 'aes128-xyz')
      v.kexInit = base64(bytes)
    })
    assert.deepEqual([renamed.verdict, codes(renamed).includes('unknown-algorithms')], ['inconclusive', true])
    const half = ssh('openssh', (v) => (v.kexInit = v.kexInit.slice(0, 400)))
    assert.deepEqual([half.verdict, ...codes(half)], ['inconclusive', 'offers-unknown'])
    assert.equal(
      ssh('openssh', (v) => v.rsaKeys.push({ algorithm: 'rsa-sha2-512', key: null, failure: null })).verdict,
      'inconclusive',
    )
  })

  test('the catalogue: each rule has a text, a source and names that no earlier rule takes; faults are refused', () => {
    const { data } = catalogueFile('ssh') as { data: { rules: { source?: string }[] } }
    const catalogue = sshCatalogue(data)
    for (const { id, of, names, verdict } of catalogue.rules) {
      if (verdict !== 'allowed')
        assert.ok(bilingual('criteria/encryption/ssh-algorithms', `messages.${id}`), `no text for ${id}`)
      for (const name of names) assert.equal(sshRule(of, name.replace('*', 'x'), catalogue)?.id, id, name)
    }
    assert.ok(data.rules.every((r) => typeof r.source === 'string'))
    assert.deepEqual(Object.keys(LISTS_OF), [...SSH_PARTS])
    for (const bad of [null, {}, { ...data, rules: [] }, { ...data, rules: [{ id: 'x', of: 'colour', names: [] }] }])
      assert.throws(() => sshCatalogue(bad), TypeError)
  })
})

describe('what nobody declared', () => {
  const row = (port: number, over: Partial<ServiceSeen>): ServiceSeen => ({
    port,
    asked: ['greeting'],
    greeting: '',
    tlsAnswer: '',
    tls: false,
    httpAnswer: '',
    rtspAnswer: '',
    mqttAnswer: '',
    ...over,
  })
  const ALL = [noAnonymous, noDefaults, noPlain, algorithms] as unknown as Criterion[]
  const judgeAll = (seen: Services | null, more: Observation[] = []): Record<string, string> =>
    Object.fromEntries(
      ALL.map((criterion) => {
        const observations = [...(seen ? [answered(services, 'a/ipv4', seen)] : []), ...more]
        const judgements = judgeBy(criterion, { statement: emptyStatement(), observations, kinds: KINDS })
        told(criterion.id, judgements)
        return [criterion.id.split('/')[1] ?? '', judgements.map((j) => j.verdict).join()]
      }),
    )
  const every = (verdict: string) => ({
    'no-anonymous-remote-access': verdict,
    'no-default-remote-credentials': verdict,
    'no-plain-remote-login': verdict,
    'ssh-algorithms': verdict,
  })

  test('no such service found: not applicable; ports unknown: inconclusive', () => {
    assert.deepEqual(judgeAll(noServices), every('not-applicable'))
    assert.deepEqual(judgeAll(null), every('inconclusive'))
  })

  test('a service found contradicts the statement', () => {
    const ssh = { ...noServices, services: [row(22, { greeting: base64('SSH-2.0-dropbear\r\n') })] }
    assert.deepEqual(judgeAll(ssh), every('fail'))
    const telnet = { ...noServices, services: [row(23, { greeting: base64([255, 253, 24]) })] }
    assert.deepEqual(judgeAll(telnet), { ...every('fail'), 'ssh-algorithms': 'not-applicable' })
  })

  test('a console counts by what came of it', () => {
    const found = { ...noServices, services: [row(9527, { greeting: base64('# ') })] }
    assert.deepEqual(
      remoteEndpoints({ statement: emptyStatement(), seen: () => [{ subject: 'a/ipv4', value: found }] as never }).map(
        (e) => `${e.subject} ${e.protocol}`,
      ),
      ['a/ipv4/09527 console'],
    )
    const shell = load<RemoteCredentials>('remote-credentials/open-shell.json')
    const at = (value: RemoteCredentials) => answered(credentials, 'a/ipv4/09527', { ...value, protocol: 'console' })
    const open = { ...every('not-applicable'), 'no-anonymous-remote-access': 'fail' }
    assert.deepEqual(judgeAll(found, [at(shell)]), open)
    const unproven = { ...shell, anonymous: { ...shell.anonymous, sum: 1 }, knownBad: { ...shell.knownBad, sum: 1 } }
    assert.deepEqual(judgeAll(found, [at(unproven)]), { ...open, 'no-anonymous-remote-access': 'inconclusive' })
    assert.deepEqual(judgeAll(found), { ...open, 'no-anonymous-remote-access': 'inconclusive' })
  })
})
