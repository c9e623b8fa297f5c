import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { ChildProcess } from 'node:child_process'
import { probe as credentialsProbe } from '../lab/probes/http-credentials.ts'
import { probe as plainProbe } from '../lab/probes/plain-logins.ts'
import { bilingual } from '../reports/locales/index.ts'
import type { Criterion } from '../suites/criterion.ts'
import type { Judgement } from '../suites/judge.ts'
import { criterion as loginEncrypted } from '../suites/encryption/login-encrypted.ts'
import { ruleFor, tlsCatalogue } from '../suites/encryption/tls-catalogue.ts'
import { criterion as cipherSuites } from '../suites/encryption/tls-cipher-suites.ts'
import { criterion as versions } from '../suites/encryption/tls-versions.ts'
import { SUITES } from '../suites/facts/tls-suites.ts'
import { kind as credentials } from '../suites/observations/http-credentials.ts'
import { kind as plainLogins, type PlainLogins } from '../suites/observations/plain-logins.ts'
import { kind as services, type Services } from '../suites/observations/services.ts'
import { kind as tlsOffers, type TlsOffers } from '../suites/observations/tls-offers.ts'
import type { CredentialTries } from '../suites/observations/credential-tries.ts'
import type { Seen } from '../suites/observation.ts'
import { emptyStatement, testBench } from './support/bench.ts'
import { answered, catalogueFile, codes, fixture, judgeBy } from './support/judging.ts'
import { certificates, has, listening, nginx, output, stop } from './support/programs.ts'

const statement = (port: number) =>
  emptyStatement({
    services: [{ id: 'web', transport: 'tcp', port, protocol: 'https', families: ['ipv4'], purpose: 'Web interface' }],
  })

function judged<P>(
  criterion: Criterion<TlsOffers, P>,
  name: string,
  change: (v: TlsOffers) => void = () => undefined,
): Judgement {
  const { value } = structuredClone(fixture(`tls-offers/${name}.json`)) as { value: TlsOffers }
  change(value)
  const subject = `a/ipv4/${value.port}`
  const nothing: Services = {
    address: '127.0.0.1',
    family: 'ipv4',
    sourceAddress: '127.0.0.1',
    services: [],
    unasked: [],
  }
  const observations = [answered(tlsOffers, subject, value), answered(services, 'a/ipv4', nothing)]
  const [found] = judgeBy(criterion, { statement: statement(value.port), observations, kinds: [tlsOffers, services] })
  assert.ok(found)
  told(criterion.id, found)
  return found
}

/** Every message has its text in both languages. */
function told(id: string, judgement: Judgement): void {
  for (const { message } of judgement.findings)
    if (!message.code.startsWith('framework.'))
      assert.ok(bilingual(`criteria/${id}`, `messages.${message.code}`), `${id} ${message.code}`)
}

describe('TLS versions', () => {
  test('1.2 and 1.3 only: pass, and each refusal is cited', () => {
    const judgement = judged(versions, 'modern')
    assert.equal(judgement.verdict, 'pass')
    assert.deepEqual(codes(judgement), [
      'old-version-refused',
      'old-version-refused',
      'old-version-refused',
      'modern-version-accepted',
      'modern-version-accepted',
    ])
    assert.ok(judgement.findings.every((f) => f.cites.every((c) => c.at.startsWith('/hellos/'))))
  })

  test('1.0 and 1.1 accepted: fail', () => {
    const judgement = judged(versions, 'legacy')
    assert.equal(judgement.verdict, 'fail')
    const old = judgement.findings
      .filter((f) => f.message.code === 'old-version-accepted')
      .map((f) => f.message.values['version'])
    assert.deepEqual(old, ['TLS 1.0', 'TLS 1.1'])
  })

  test('no answer to one version: inconclusive', () => {
    const judgement = judged(versions, 'swallows-tls1.0')
    assert.equal(judgement.verdict, 'inconclusive')
    assert.deepEqual(
      judgement.findings.filter((f) => f.is === 'gap').map((f) => f.message.values['version']),
      ['TLS 1.0'],
    )
  })

  test('refusals without both controls are worth nothing', () => {
    const lost = judged(versions, 'modern', (v) => {
      const last = v.hellos.at(-1)
      if (last) Object.assign(last, { answer: '', end: 'timeout' })
    })
    assert.equal(lost.verdict, 'inconclusive')
    assert.equal(judged(versions, 'modern', (v) => (v.control = null)).verdict, 'inconclusive')
  })

  test('a version that was not asked for is not refused', () => {
    assert.equal(
      judged(versions, 'modern', (v) => (v.hellos = v.hellos.filter((h) => h.version !== 'ssl3'))).verdict,
      'inconclusive',
    )
  })

  test('no TLS declared: not applicable, unless a port speaks it', () => {
    const none = emptyStatement()
    const row = {
      asked: [],
      greeting: '',
      tlsAnswer: '',
      tls: false,
      httpAnswer: '',
      rtspAnswer: '',
      mqttAnswer: '',
    } as Omit<Services['services'][number], 'port'>
    const seen = (tls: boolean): Services => ({
      address: '127.0.0.1',
      family: 'ipv4',
      sourceAddress: '127.0.0.1',
      services: [{ ...row, port: 443, tls }],
      unasked: [],
    })
    for (const criterion of [versions, cipherSuites]) {
      const verdict = (tls: boolean) => {
        const [found] = judgeBy(criterion, {
          statement: none,
          observations: [answered(services, 'a/ipv4', seen(tls))],
          kinds: [tlsOffers, services],
        })
        assert.ok(found)
        told(criterion.id, found)
        return found.verdict
      }
      assert.equal(verdict(false), 'not-applicable')
      assert.equal(verdict(true), 'fail')
    }
  })

  test('an endpoint that was found and not asked is inconclusive', () => {
    const row = {
      port: 9443,
      asked: [],
      greeting: '',
      tlsAnswer: '',
      tls: true,
      httpAnswer: '',
      rtspAnswer: '',
      mqttAnswer: '',
    } as Services['services'][number]
    const seen: Services = {
      address: '127.0.0.1',
      family: 'ipv4',
      sourceAddress: '127.0.0.1',
      services: [row],
      unasked: [],
    }
    const found = judgeBy(versions, {
      statement: statement(443),
      observations: [answered(services, 'a/ipv4', seen)],
      kinds: [tlsOffers, services],
    })
    assert.deepEqual(
      found.map((j) => `${j.subject} ${j.verdict}`),
      ['a/ipv4/00443 inconclusive', 'a/ipv4/09443 inconclusive'],
    )
  })
})

describe('TLS cipher suites', () => {
  test('ECDHE with AEAD only: pass', () => {
    const judgement = judged(cipherSuites, 'modern')
    assert.equal(judgement.verdict, 'pass')
    assert.deepEqual(codes(judgement), [
      'version-refused',
      'version-refused',
      'version-refused',
      'only-allowed',
      'only-allowed',
    ])
  })

  test('NULL, anonymous and RSA key transport accepted: fail, each with its reason; CBC with ECDHE is noted', () => {
    const judgement = judged(cipherSuites, 'legacy')
    assert.equal(judgement.verdict, 'fail')
    const of12 = judgement.findings
      .filter((f) => f.message.values['version'] === 'TLS 1.2')
      .map((f) => [f.message.code, f.is])
    assert.deepEqual(of12, [
      ['offers-null', 'violation'],
      ['offers-anonymous', 'violation'],
      ['offers-static-exchange', 'violation'],
      ['offers-cbc', 'evidence'],
    ])
  })

  test('no answer to one version: inconclusive', () => {
    assert.equal(judged(cipherSuites, 'swallows-tls1.0').verdict, 'inconclusive')
  })

  test('a lab that offers too little proves nothing', () => {
    const judgement = judged(
      cipherSuites,
      'modern',
      (v) => (v.lists = v.lists.map((l, i) => (i === 0 ? 'c02bc02cc02fc030cca8cca9' : l))),
    )
    assert.equal(judgement.verdict, 'inconclusive')
    assert.ok(codes(judgement).includes('suites-not-asked'))
  })

  test('every suite falls under a rule as expected', () => {
    const rules = tlsCatalogue(catalogueFile('tls').data)
    const verdict = (name: string) => {
      const suite = SUITES.find((s) => s.name === name)
      assert.ok(suite, name)
      return ruleFor(suite, rules)?.id ?? 'allowed'
    }
    const expected = {
      TLS_RSA_WITH_NULL_SHA256: 'offers-null',
      TLS_SHA256_SHA256: 'offers-null',
      TLS_ECDH_anon_WITH_AES_128_CBC_SHA: 'offers-anonymous',
      TLS_RSA_EXPORT_WITH_DES40_CBC_SHA: 'offers-export',
      TLS_ECDHE_RSA_WITH_RC4_128_SHA: 'offers-rc4',
      TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: 'offers-short-block',
      TLS_RSA_WITH_DES_CBC_SHA: 'offers-short-block',
      TLS_RSA_WITH_AES_128_GCM_SHA256: 'offers-static-exchange',
      TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256: 'offers-static-exchange',
      TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'offers-cbc',
      TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'allowed',
      TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'allowed',
      TLS_AES_128_GCM_SHA256: 'allowed',
    }
    for (const [name, rule] of Object.entries(expected)) assert.equal(verdict(name), rule, name)
    for (const { id } of rules.suites)
      assert.ok(bilingual('criteria/encryption/tls-cipher-suites', `messages.${id}`), id)
  })

  test('a catalogue that is not understood breaks the judgement instead of passing', () => {
    assert.throws(() => tlsCatalogue({ versions: [], suites: [] }), TypeError)
    assert.throws(() => tlsCatalogue({ versions: [{ version: 'tls1.0', verdict: 'bad' }], suites: [{}] }), TypeError)
    assert.throws(
      () =>
        tlsCatalogue({
          versions: [{ version: 'tls1.0', verdict: 'forbidden' }],
          suites: [{ id: 'x', when: { cipher: ['RC4'] }, verdict: 'forbidden' }],
        }),
      TypeError,
    )
  })
})

describe('encrypted log-in, at nginx with Basic authentication', () => {
  const [TLS_PORT, PLAIN_PORT, HOST] = [23543, 23580, '127.0.0.1']

  /** Judges with the web page over TLS and `plain` at the HTTP port (null: nothing there). */
  async function judgedAt(
    plain: string[] | null,
    protocol: 'https' | 'http' = 'https',
    good = 'Right-Pa55word',
  ): Promise<Judgement> {
    const certs = certificates()
    const users = join(certs.directory, 'users')
    writeFileSync(users, `admin:${output('openssl', ['passwd', '-apr1', 'Right-Pa55word']).trim()}\n`, { mode: 0o644 })
    output('chmod', ['755', certs.directory])
    mkdirSync(join(certs.directory, 'www'))
    writeFileSync(
      join(certs.directory, 'www', 'in'),
      'Camera settings: resolution, frame rate, storage and users of this camera',
    )
    const basic = ['auth_basic camera', `auth_basic_user_file ${users}`, `root ${join(certs.directory, 'www')}`]
    const secure =
      protocol === 'https' ? [`ssl_certificate ${certs.ec.cert}`, `ssl_certificate_key ${certs.ec.key}`] : []
    const running: ChildProcess[] = [
      nginx(certs.directory, `${HOST}:${TLS_PORT}${protocol === 'https' ? ' ssl' : ''}`, [...secure, ...basic]),
    ]
    try {
      await listening(HOST, TLS_PORT)
      if (plain) {
        running.push(
          nginx(
            certs.directory,
            `${HOST}:${PLAIN_PORT}`,
            plain.flatMap((d) => (d === 'same' ? basic : [d])),
          ),
        )
        await listening(HOST, PLAIN_PORT)
      }
      const declared = emptyStatement({
        services: [
          { id: 'web', transport: 'tcp', port: TLS_PORT, protocol, families: ['ipv4'], purpose: 'Web interface' },
          ...(plain
            ? [
                {
                  id: 'redirect',
                  transport: 'tcp' as const,
                  port: PLAIN_PORT,
                  protocol: 'http' as const,
                  families: ['ipv4' as const],
                  purpose: 'Redirect',
                },
              ]
            : []),
        ],
        accounts: [{ id: 'admin', user: 'admin', password: { env: 'X' }, role: 'administrator' }],
        logins: [{ id: 'web', service: 'web', account: 'admin', target: '/in' }],
      })
      const none: Services = { address: HOST, family: 'ipv4', sourceAddress: HOST, services: [], unasked: [] }
      const bench = testBench(declared, {
        secrets: { admin: good },
        catalogue: () => ({ pairs: [] }),
        seen: <T>(kind: { id: string }) => (kind.id === 'services' ? [{ subject: 'a/ipv4', value: none as T }] : []),
      })
      const tried: Seen<CredentialTries> = await credentialsProbe.run(bench, 'a/login/web')
      const plainly: Seen<PlainLogins> = await plainProbe.run(bench, 'a/login/web')
      assert.ok(tried.answered && plainly.answered, JSON.stringify([tried, plainly]).slice(0, 400))
      const observations = [
        answered(credentials, 'a/login/web', tried.value),
        answered(plainLogins, 'a/login/web', plainly.value),
        answered(services, 'a/ipv4', none),
      ]
      const [found] = judgeBy(loginEncrypted, {
        statement: declared,
        observations,
        kinds: [credentials, plainLogins, services],
      })
      assert.ok(found)
      told(loginEncrypted.id, found)
      return found
    } finally {
      for (const child of running) await stop(child)
      certs.remove()
    }
  }

  const skip = has('nginx') ? false : 'needs nginx'
  test('over TLS, and HTTP only redirects: pass', { timeout: 240_000, skip }, async () => {
    const judgement = await judgedAt(['return 301 https://$host'])
    assert.deepEqual([judgement.verdict, ...codes(judgement)], ['pass', 'login-over-tls', 'plain-refused'])
  })
  test('over TLS, and no HTTP at all: pass', { timeout: 240_000, skip }, async () => {
    assert.deepEqual(codes(await judgedAt(null)), ['login-over-tls', 'no-plain-http'])
  })
  test('also over HTTP: fail', { timeout: 240_000, skip }, async () => {
    const judgement = await judgedAt(['same'])
    assert.deepEqual([judgement.verdict, ...codes(judgement)], ['fail', 'login-over-tls', 'login-also-in-clear'])
  })
  test('only over HTTP: fail', { timeout: 240_000, skip }, async () => {
    const judgement = await judgedAt(null, 'http')
    assert.equal(judgement.verdict, 'fail')
    assert.ok(codes(judgement).includes('login-in-clear'))
  })
  test('over TLS, and HTTP gives everybody the same other page: pass', { timeout: 240_000, skip }, async () => {
    const judgement = await judgedAt(['return 200 works'])
    assert.deepEqual([judgement.verdict, ...codes(judgement)], ['pass', 'login-over-tls', 'plain-refused'])
  })
  test('over TLS, and HTTP asks everybody for a password: inconclusive', { timeout: 240_000, skip }, async () => {
    const judgement = await judgedAt(['default_type text/html', `return 200 '<form><input type="password"></form>'`])
    assert.deepEqual([judgement.verdict, ...codes(judgement)], ['inconclusive', 'login-over-tls', 'plain-unclear'])
  })
  test('HTTP asks for another password: inconclusive', { timeout: 240_000, skip }, async () => {
    const judgement = await judgedAt(['auth_basic other', 'auth_basic_user_file /dev/null'])
    assert.deepEqual([judgement.verdict, ...codes(judgement)], ['inconclusive', 'login-over-tls', 'asks-in-clear?'])
  })
  test('a declared password that does not work: inconclusive', { timeout: 240_000, skip }, async () => {
    const judgement = await judgedAt(['return 301 https://$host'], 'https', 'not-the-password')
    assert.deepEqual([judgement.verdict, ...codes(judgement)], ['inconclusive', 'login-unproven'])
  })
})
