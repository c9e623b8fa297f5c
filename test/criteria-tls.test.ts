import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Judgement } from '../suites/judge.ts'
import { primesOf, shakesOf } from '../suites/facts/tls-handshakes.ts'
import { tlsRules } from '../suites/encryption/tls-rules.ts'
import { bilingual } from '../reports/locales/index.ts'
import { catalogueFile, codes, fixture } from './support/judging.ts'
import { judgeTls, TLS_CRITERIA, verdictsOf, type TlsSeen } from './support/tls.ts'

/** Criteria of TLS endpoints over exchanges with OpenSSL servers (test/support/record-tls.ts). */
type Name = keyof typeof TLS_CRITERIA

const recorded = (name: string): TlsSeen => structuredClone(fixture(`tls-handshakes/${name}.json`)) as TlsSeen

function judged(name: Name, from: string, change: (seen: TlsSeen) => void = () => undefined): Judgement {
  const seen = recorded(from)
  change(seen)
  return judgeTls(name, seen)
}
const verdict = (...args: Parameters<typeof judged>): string => judged(...args).verdict

/** Changes bytes of answers, in hexadecimal. */
function rewrite(hellos: { answer: string }[], change: (hex: string) => string): void {
  for (const hello of hellos) {
    const hex = change(Buffer.from(hello.answer, 'base64').toString('hex'))
    hello.answer = Buffer.from(hex, 'hex').toString('base64')
  }
}
const everywhere = (seen: TlsSeen, change: (hex: string) => string) => {
  rewrite(seen.offers.hellos, change)
  rewrite(seen.handshakes.hellos, change)
}
const silence = (hello: { answer: string; end: string } | undefined) =>
  hello && Object.assign(hello, { answer: '', end: 'timeout' })
const sentOf = (hello: { sent: string }): string => Buffer.from(hello.sent, 'base64').toString('hex')
/** Suites end with the signal of RFC 5746, and methods follow: DEFLATE, LZS, none. */
const offersCompression = (hello: { sent: string }) => sentOf(hello).includes('00ff03014000')
const offersFallback = (hello: { sent: string }) => sentOf(hello).includes('00ff56000100')

test('sound endpoints pass everything, with TLS 1.3 only too', () => {
  for (const name of ['modern', 'only-13', 'chain', 'wolfssl', 'mbedtls'])
    assert.deepEqual([...new Set(Object.values(verdictsOf(recorded(name))))], ['pass'], name)
})

describe('certificate', () => {
  test('both kinds of key are looked at; self-signed and twenty years are shown, no failure', () => {
    assert.deepEqual(codes(judged('certificate', 'modern')), [
      'key-allowed',
      'self-signed',
      'signature-allowed',
      'key-allowed',
      'self-signed',
      'signature-allowed',
      'validity-long',
    ])
  })

  test('RSA-1024, SHA-1, DSA, MD5 and P-192: fail, each with its reason', () => {
    const violations = (name: string) =>
      judged('certificate', name)
        .findings.filter((f) => f.is === 'violation')
        .map((f) => f.message.code)
    assert.deepEqual(violations('weak'), ['key-rsa-short', 'signature-sha1', 'key-dsa'])
    assert.deepEqual(violations('weak-ec'), ['key-ec-short', 'signature-md5'])
    assert.deepEqual(violations('only-13-short'), ['key-rsa-short', 'signature-sha1'])
  })

  test('a root behind the own certificate may have signed itself with SHA-1', () => {
    const judgement = judged('certificate', 'chain')
    assert.equal(judgement.verdict, 'pass')
    assert.ok(codes(judgement).includes('root-signature'))
  })

  test('a certificate that was not seen is a gap', () => {
    const unseen = (name: string, change: (seen: TlsSeen) => void) => {
      const judgement = judged('certificate', name, change)
      assert.equal(judgement.verdict, 'inconclusive')
      assert.ok(codes(judgement).includes('certificate-unseen'), codes(judgement).join())
    }
    unseen('only-13', (s) => (s.handshakes.peers = []))
    unseen('only-13', (s) => (s.handshakes.peers = s.handshakes.peers.slice(0, 1)))
    // The lab's own library gave up: that is no word of the device.
    unseen('only-13', (s) =>
      Object.assign(s.handshakes.peers[1] ?? {}, { failure: { code: 'tls-handshake', detail: 'ERR_SSL_BAD_KEY' } }),
    )
    unseen('modern', (s) => (s.handshakes.peers = []))
    unseen('chain', (s) => (s.handshakes.hellos = []))
  })

  test('dates: over, in the future, of a camera without a clock, and impossible', () => {
    const day = 86_400_000_000
    const shifted = (days: number) => (s: TlsSeen) => {
      for (const hello of s.handshakes.hellos) hello.at += days * day
      for (const peer of s.handshakes.peers) peer.at += days * day
    }
    const of = (change: (s: TlsSeen) => void) => judged('certificate', 'only-13', change)
    assert.ok(codes(of(shifted(40))).includes('validity-over'))
    assert.ok(codes(of(shifted(-40))).includes('validity-future'))
    assert.equal(of(shifted(40)).verdict, 'pass')
    const dated = (from: string, to: string) => (s: TlsSeen) => {
      for (const peer of s.handshakes.peers)
        peer.chain = peer.chain.map((c) => {
          const hex = Buffer.from(c, 'base64').toString('hex')
          const dates = [from, to].map((d) => `170d${Buffer.from(d, 'ascii').toString('hex')}`).join('')
          return Buffer.from(hex.replace(/(170d[0-9a-f]{26}){2}/, dates), 'hex').toString('base64')
        })
    }
    const ancient = of(dated('700101000000Z', '380119031407Z'))
    assert.deepEqual([ancient.verdict, codes(ancient).slice(-2)], ['pass', ['validity-ancient', 'validity-long']])
    assert.equal(of(dated('300101000000Z', '290101000000Z')).verdict, 'fail')
    assert.equal(of(dated('30010100000xZ', '290101000000Z')).verdict, 'inconclusive')
  })

  test('what cannot be read is a gap', () => {
    const broken = judged('certificate', 'only-13', (s) =>
      Object.assign(s.handshakes.peers[0] ?? {}, { chain: ['MAA='] }),
    )
    assert.equal(broken.verdict, 'inconclusive')
    assert.ok(codes(broken).includes('certificate-unreadable'))
    const strange = judged('certificate', 'modern', (s) => {
      for (const peer of s.handshakes.peers) peer.chain = []
      // ecPublicKey with another number, and a digest nobody knows.
      everywhere(s, (hex) =>
        hex
          .replaceAll('06072a8648ce3d0201', '06072a8648ce3d0209')
          .replaceAll('2a864886f70d01010b', '2a864886f70d01017f'),
      )
    })
    assert.equal(strange.verdict, 'inconclusive')
    assert.ok(codes(strange).includes('key-unknown') && codes(strange).includes('signature-unknown'))
  })
})

describe('key exchange groups', () => {
  test('short curves and a short prime: fail; a longer binary curve is shown', () => {
    const judgement = judged('groups', 'weak')
    const found = judgement.findings.map((f) => `${f.is} ${f.message.code} ${f.message.values['group'] ?? ''}`)
    assert.deepEqual(found, [
      'violation group-curve-short sect163k1',
      'evidence group-binary sect283k1',
      'violation group-curve-short secp192r1',
      'evidence groups-allowed ',
      'evidence groups-refused ',
      'violation group-prime-short DHE 1024',
    ])
    assert.equal(verdict('groups', 'weak-ec'), 'fail')
  })

  test('a refusal that was not said, or not between controls, leaves groups open', () => {
    const last = (s: TlsSeen) => silence(s.handshakes.hellos.findLast((h) => h.answer.length < 20))
    assert.equal(verdict('groups', 'only-13', last), 'inconclusive')
    assert.equal(verdict('groups', 'chain', last), 'inconclusive')
    assert.equal(
      verdict('groups', 'modern', (s) => silence(s.handshakes.hellos.at(-1))),
      'inconclusive',
    )
    assert.equal(
      verdict('groups', 'modern', (s) => (s.handshakes.control = null)),
      'inconclusive',
    )
  })

  test('who only refuses because the curve of its own key is missing has refused no group', () => {
    const judgement = judged('groups', 'chain', (s) => {
      const { hellos } = s.handshakes
      // The first answer, the refusal and the control at the end: a lab that left out P-256 at once.
      const refusal = hellos.find((h) => h.answer.length < 20)
      s.handshakes.hellos = [hellos[0], refusal, hellos.at(-1)].flatMap((h) => h ?? [])
      s.handshakes.control = { before: 0, after: 2 }
    })
    assert.deepEqual([judgement.verdict, codes(judgement)], ['inconclusive', ['groups-allowed', 'groups-undecided']])
  })

  test('a stack that finds out late that no group fits has refused them, in TLS 1.3 and before', () => {
    for (const from of ['wolfssl', 'mbedtls'])
      assert.deepEqual([...new Set(codes(judged('groups', from)))], ['groups-allowed', 'groups-refused'], from)
    const broken = (s: TlsSeen) => s.handshakes.hellos.find((h) => h.end === 'closed')
    const lost = (end: 'reset' | 'timeout') => (s: TlsSeen) => void Object.assign(broken(s) ?? {}, { end })
    assert.equal(verdict('groups', 'mbedtls', lost('reset')), 'inconclusive')
    assert.equal(verdict('groups', 'mbedtls', lost('timeout')), 'inconclusive')
  })

  test('neither counts as a refusal outside of the controls, nor a retry that changes something', () => {
    for (const from of ['wolfssl', 'mbedtls']) {
      assert.equal(
        verdict('groups', from, (s) => silence(s.handshakes.hellos.at(-1))),
        'inconclusive',
        from,
      )
    }
    // A cookie of one byte behind supported_versions: seven bytes more.
    const withCookie = (s: TlsSeen) =>
      rewrite(s.handshakes.hellos, (hex) => {
        const [, head, length, rest] = /^(16030300)52(020000)4e(.*)0006002b00020304$/.exec(hex) ?? []
        return rest === undefined ? hex : `${head}59${length}55${rest}000d002b00020304002c0003000161`
      })
    assert.ok(codes(judged('groups', 'wolfssl', withCookie)).includes('groups-undecided'))
  })

  test('a version that was not asked, and a prime that was not seen, are gaps', () => {
    const only = (wanted: string) => (s: TlsSeen) => {
      const [first, ...rest] = s.handshakes.hellos
      const kept = rest.filter((h) => sentOf(h).includes('002b0003020304') === (wanted === '1.3'))
      s.handshakes.hellos = [...(first ? [first] : []), ...kept, ...s.handshakes.hellos.slice(-1)]
      s.handshakes.control = { before: 0, after: s.handshakes.hellos.length - 1 }
    }
    assert.ok(codes(judged('groups', 'modern', only('1.2'))).includes('groups-unasked'))
    const noPrime = judged('groups', 'weak', (s) => {
      for (const hello of s.handshakes.hellos) if (!hello.sent.includes('wAoBAA')) silence(hello)
    })
    assert.ok(codes(noPrime).includes('prime-unseen'), codes(noPrime).join())
    // A second hello for a prime, of suites with another strength, that was not answered.
    const one = judged('groups', 'weak', (s) => {
      const asking = s.handshakes.hellos[primesOf(shakesOf(s.handshakes))[0]?.at ?? -1]
      if (asking) s.handshakes.hellos.splice(1, 0, { ...asking, answer: '', end: 'timeout' })
      if (s.handshakes.control) s.handshakes.control.after++
    })
    assert.deepEqual(
      codes(one).filter((c) => /prime/.test(c)),
      ['group-prime-short', 'prime-unseen'],
    )
  })
})

describe('a stack that reads no long list of suites', () => {
  /** What a lab sees that asks with one long list only: the refusal of TLS 1.2, and TLS 1.3. */
  const longOnly = (s: TlsSeen) => {
    const { hellos, control } = s.offers
    const last = hellos[control?.after ?? -1]
    const modern = hellos.filter((h) => h.version === 'tls1.3' && hellos.indexOf(h) !== control?.after)
    const refusal = hellos.find((h) => h.version === 'tls1.2' && h.list === 0)
    const [first, ...rest] = modern
    assert.ok(first && refusal && last)
    const older = (['ssl3', 'tls1.0', 'tls1.1', 'tls1.2'] as const).map((version) => ({ ...refusal, version }))
    s.offers.hellos = [first, ...older, ...rest, first]
    s.offers.control = { before: 0, after: s.offers.hellos.length - 1 }
  }

  test('has refused nothing by refusing one', () => {
    for (const name of ['versions', 'suites'] as const) {
      assert.equal(verdict(name, 'wolfssl'), 'pass')
      assert.equal(verdict(name, 'wolfssl', longOnly), 'inconclusive', name)
    }
  })

  test('but by saying that it is the version', () => {
    const saying = (s: TlsSeen) => {
      longOnly(s)
      // protocol_version instead of decode_error
      rewrite(s.offers.hellos, (hex) => hex.replace(/^(150303000202)32$/, '$146'))
    }
    assert.equal(verdict('versions', 'wolfssl', saying), 'pass')
  })
})

describe('compression', () => {
  /** Octet behind the suite of a ServerHello before TLS 1.3. */
  const choosing = (method: string) => (s: TlsSeen) =>
    rewrite(s.handshakes.hellos.filter(offersCompression), (hex) =>
      hex.replace(/^(160303.{4}02.{6}0303.{64}(?:00|20.{64}).{4})00/, `$1${method}`),
    )

  test('declined: pass; DEFLATE or anything else chosen: fail; no answer: inconclusive', () => {
    assert.deepEqual(codes(judged('compression', 'modern')), ['compression-declined'])
    assert.equal(verdict('compression', 'modern', choosing('01')), 'fail')
    assert.equal(verdict('compression', 'modern', choosing('40')), 'fail')
    const mute = (s: TlsSeen) => silence(s.handshakes.hellos.find(offersCompression))
    assert.equal(verdict('compression', 'modern', mute), 'inconclusive')
  })

  test('a lab that did not offer it knows nothing', () => {
    const without = (s: TlsSeen) => {
      s.handshakes.hellos = s.handshakes.hellos.filter((h) => !offersCompression(h))
    }
    assert.deepEqual(codes(judged('compression', 'modern', without)), ['compression-unasked'])
  })
})

describe('secure renegotiation', () => {
  test('signalled: pass; missing: fail; of a later handshake: fail', () => {
    assert.equal(verdict('renegotiation', 'weak'), 'pass')
    assert.deepEqual(
      codes(judged('renegotiation', 'modern', (s) => everywhere(s, (h) => h.replace('ff01000100', 'ff02000100')))),
      ['renegotiation-unsignalled'],
    )
    const wrong = judged('renegotiation', 'modern', (s) => everywhere(s, (h) => h.replace('ff01000100', 'ff01000101')))
    assert.deepEqual([wrong.verdict, codes(wrong)], ['fail', ['renegotiation-malformed']])
  })

  test('TLS 1.3 alone passes only where the older versions were refused', () => {
    for (const name of ['renegotiation', 'compression'] as const) {
      const open = judged(name, 'only-13', (s) => silence(s.offers.hellos.find((h) => h.version === 'tls1.1')))
      assert.deepEqual([open.verdict, codes(open)], ['inconclusive', ['older-undecided']])
    }
  })
})

describe('downgrade', () => {
  const unmarked = (s: TlsSeen) => everywhere(s, (hex) => hex.replace('444f574e47524401', '0102030405060708'))
  /** The fallback is answered as if nothing had been said. */
  const unheeded = (s: TlsSeen) => {
    const control = s.handshakes.hellos[0]
    for (const hello of s.handshakes.hellos.filter(offersFallback)) hello.answer = control?.answer ?? ''
  }

  test('marked and refused: pass; unmarked: fail', () => {
    assert.deepEqual(codes(judged('downgrade', 'modern')), ['sentinel-set', 'fallback-refused'])
    const judgement = judged('downgrade', 'modern', unmarked)
    assert.deepEqual([judgement.verdict, codes(judgement)], ['fail', ['sentinel-missing', 'fallback-refused']])
  })

  test('an accepted fallback is shown beside the mark of TLS 1.3, and fails without it', () => {
    assert.deepEqual(codes(judged('downgrade', 'modern', unheeded)), ['sentinel-set', 'fallback-unheeded'])
    assert.equal(verdict('downgrade', 'modern', unheeded), 'pass')
    const older = judged('downgrade', 'weak', (s) => {
      const { hellos } = s.offers
      const accepted = hellos.find((h) => h.version === 'tls1.1' && h.answer.length > 20)
      for (const hello of s.handshakes.hellos.filter(offersFallback)) hello.answer = accepted?.answer ?? ''
    })
    assert.deepEqual([older.verdict, codes(older)], ['fail', ['fallback-accepted']])
  })

  test('no answer to the fallback, or none asked for: inconclusive where the older version rests on it', () => {
    const mute = (s: TlsSeen) => s.handshakes.hellos.filter(offersFallback).forEach(silence)
    const unasked = (s: TlsSeen) => (s.handshakes.hellos = s.handshakes.hellos.filter((h) => !offersFallback(h)))
    assert.equal(verdict('downgrade', 'weak', mute), 'inconclusive')
    assert.deepEqual(codes(judged('downgrade', 'weak', unasked)), ['fallback-unasked'])
    assert.equal(verdict('downgrade', 'modern', mute), 'pass')
  })

  test('another alert is a refusal too; one version needs the others refused', () => {
    const other = judged('downgrade', 'weak', (s) =>
      rewrite(s.handshakes.hellos.filter(offersFallback), (hex) => hex.replace(/56$/, '28')),
    )
    assert.deepEqual([other.verdict, codes(other)], ['pass', ['fallback-refused-otherwise']])
    const open = judged('downgrade', 'only-13', (s) =>
      s.offers.hellos.filter((h) => h.version === 'tls1.2').forEach(silence),
    )
    assert.equal(open.verdict, 'inconclusive')
  })
})

test('nothing accepted: every criterion is inconclusive', () => {
  for (const name of Object.keys(TLS_CRITERIA) as Name[]) {
    const judgement = judged(name, 'modern', (s) => {
      for (const hello of [...s.offers.hellos, ...s.handshakes.hellos]) silence(hello)
      Object.assign(s.handshakes, { hellos: [], peers: [], control: null })
      s.offers.control = null
    })
    assert.equal(judgement.verdict, 'inconclusive', name)
  }
})

describe('rows of the catalogue', () => {
  const { data } = catalogueFile('tls')
  const sections = {
    keys: 'tls-certificate-strength',
    signatures: 'tls-certificate-strength',
    validity: 'tls-certificate-strength',
    groups: 'tls-key-exchange-groups',
    compression: 'tls-compression-off',
    renegotiation: 'tls-renegotiation-secure',
    downgrade: 'tls-downgrade-refused',
  } as const

  test('each has its text', () => {
    for (const [section, criterion] of Object.entries(sections))
      for (const { id } of tlsRules(data, section as keyof typeof sections))
        assert.ok(bilingual(`criteria/encryption/${criterion}`, `messages.${id}`), `${criterion} ${id}`)
  })

  test('one that is not understood breaks the judgement instead of passing', () => {
    const bad: unknown[] = [
      {},
      { keys: [] },
      { keys: [{ id: 'x', verdict: 'bad' }] },
      { keys: [{ id: 'x', verdict: 'noted', when: { typ: 'RSA' } }] },
      { keys: [{ id: 'x', verdict: 'noted', when: { below: '2048' } }] },
      { keys: [{ id: 'x', verdict: 'noted', hashes: ['MD5'] }] },
      { keys: [{ verdict: 'noted' }] },
    ]
    for (const one of bad) assert.throws(() => tlsRules(one, 'keys'), TypeError)
  })
})
