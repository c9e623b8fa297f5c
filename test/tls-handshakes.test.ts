import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { clientHello } from '../lab/instruments/tls-hello.ts'
import { probe } from '../lab/probes/tls-handshakes.ts'
import { alertOf, flightOf } from '../lab/cameras/tls-flight.ts'
import { makeIdentity, type Identity } from '../lab/cameras/certificate.ts'
import { fromBase64 } from '../suites/facts/bytes.ts'
import { bitsOf, dayOf, elementsOf, firstElement, oidOf, timeOf } from '../suites/facts/der.ts'
import { clientHelloOf } from '../suites/facts/tls-client-hello.ts'
import { GROUPS } from '../suites/facts/tls-groups.ts'
import { groupOffers, primesOf, shakesOf } from '../suites/facts/tls-handshakes.ts'
import { shownCertificates } from '../suites/facts/tls-certificates.ts'
import { tlsAnswerOf } from '../suites/facts/tls-records.ts'
import { certificateOf } from '../suites/facts/x509.ts'
import type { TlsHandshakes } from '../suites/observations/tls-handshakes.ts'
import { testBench } from './support/bench.ts'
import { fixture } from './support/judging.ts'
import { certificates, has, listening, nginx, output, said, stop, type Certificates } from './support/programs.ts'
import { observeTls, verdictsOf, type TlsSeen } from './support/tls.ts'

const HOST = '127.0.0.1'
let certs: Certificates
before(() => {
  certs = certificates()
})
after(() => certs.remove())

describe('certificates', () => {
  const STORE = '/etc/ssl/certs'
  const pems = existsSync(STORE)
    ? readdirSync(STORE)
        .filter((f) => f.endsWith('.pem'))
        .map((f) => readFileSync(join(STORE, f), 'latin1'))
    : []

  test('agree with OpenSSL on the roots of this machine', (t) => {
    if (pems.length < 20) return t.skip('needs ca-certificates')
    let rsa = 0
    for (const pem of pems) {
      const theirs = new X509Certificate(pem)
      const ours = certificateOf(theirs.raw)
      assert.ok(ours, theirs.subject)
      const details = theirs.publicKey.asymmetricKeyDetails
      if (ours.key.type === 'RSA') {
        rsa++
        assert.equal(ours.key.bits, details?.modulusLength, theirs.subject)
      } else assert.equal(theirs.publicKey.asymmetricKeyType, ours.key.type.toLowerCase())
      assert.equal(ours.selfIssued, theirs.subject === theirs.issuer, theirs.subject)
      assert.equal(ours.notBefore, Date.parse(theirs.validFrom) / 1000)
      assert.equal(ours.notAfter, Date.parse(theirs.validTo) / 1000)
      assert.notEqual(ours.signature.hash, 'unknown', ours.signature.oid)
    }
    assert.ok(rsa > 10, `${rsa} with RSA`)
  })

  test('names, curves and digests of certificates that OpenSSL made', () => {
    const of = (name: string) => shownCertificates((fixture(`tls-handshakes/${name}.json`) as TlsSeen).handshakes)
    const [leaf, root] = of('chain').map((s) => s.certificate)
    assert.deepEqual(leaf?.names, ['camera.test', '192.0.2.7'])
    assert.deepEqual(
      [leaf?.issuer, root?.subject, root?.selfIssued],
      ['O=Maker, CN=camera.test', 'O=Maker, CN=camera.test', true],
    )
    const kinds = of('weak').map((s) => [s.certificate?.key.type, s.certificate?.key.bits, s.kinds[0]])
    assert.deepEqual(kinds, [
      ['RSA', 1024, 'RSA'],
      ['DSA', 1024, 'DSA'],
    ])
  })

  test('RSASSA-PSS names its digest in its parameters, or means SHA-1; EdDSA has none', () => {
    const made = (...how: string[]) => {
      const all = ['req', '-x509', '-nodes', '-subj', '/CN=x', '-days', '9', '-keyout', '/dev/null', '-outform', 'DER']
      const pem = output('openssl', [...all.slice(0, -2), ...how])
      return certificateOf(new X509Certificate(pem).raw)
    }
    const pss = ['-newkey', 'rsa:2048', '-sigopt', 'rsa_padding_mode:pss']
    assert.equal(made(...pss, '-sha256')?.signature.hash, 'SHA-256')
    assert.equal(made(...pss, '-sha1')?.signature.hash, 'SHA-1')
    const ed = made('-newkey', 'ed25519')
    assert.deepEqual([ed?.key.type, ed?.key.bits, ed?.signature.hash], ['EdDSA', 255, ''])
  })

  test('days and times agree with Date', () => {
    for (let day = -30_000; day < 40_000; day += 37) {
      const date = new Date(day * 86_400_000)
      assert.equal(dayOf(day * 86_400), date.toISOString().slice(0, 10))
      const text = `${date.toISOString().slice(0, 10).replaceAll('-', '')}235958Z`
      const content = Buffer.from(text, 'ascii')
      assert.equal(timeOf({ tag: 0x18, content, raw: content }), day * 86_400 + 86_398)
    }
    const utc = (text: string) => timeOf({ tag: 0x17, content: Buffer.from(text, 'ascii'), raw: Buffer.alloc(0) })
    assert.equal(utc('500101000000Z'), Date.UTC(1950, 0, 1) / 1000)
    assert.equal(utc('491231235959Z'), Date.UTC(2049, 11, 31, 23, 59, 59) / 1000)
    for (const bad of ['5001010000Z', '501301000000Z', '50010100000 Z', '500101000000+']) assert.equal(utc(bad), null)
  })

  test('elements, numbers and identifiers of DER', () => {
    const element = (hex: string) => firstElement(Buffer.from(hex, 'hex')) ?? undefined
    assert.equal(oidOf(element('06092a864886f70d010101')), '1.2.840.113549.1.1.1')
    assert.equal(oidOf(element('0603883701')), '2.999.1')
    assert.equal(oidOf(element('060188')), '')
    assert.deepEqual(
      ['02020080', '0203010001', '020100', '020180', '0200'].map((h) => bitsOf(element(h))),
      [8, 17, 0, null, null],
    )
    for (const bad of ['30', '3080', '300500', '1f0100', '308400000000', '3002000'])
      assert.equal(elementsOf(Buffer.from(bad, 'hex')), null, bad)
  })
})

describe('what was sent is read as it was meant', () => {
  test('every part of a ClientHello', () => {
    const versions = ['tls1.3', 'tls1.2', 'tls1.1', 'tls1.0', 'ssl3'] as const
    for (const version of versions) {
      const groups = version === 'ssl3' ? [] : [23, 29]
      const sent = clientHello({
        versions: [version],
        suites: [0x1301, 0xc02b],
        serverName: version === 'tls1.2' ? 'camera.test' : null,
        groups: [23, 29],
        compressions: [1],
        fallback: true,
      })
      const scsv = version === 'tls1.3' ? [0x5600] : [0x00ff, 0x5600]
      assert.deepEqual(clientHelloOf(sent), {
        version,
        suites: [0x1301, 0xc02b, ...scsv],
        compressions: [1, 0],
        groups,
        fallback: true,
      })
    }
    assert.equal(clientHelloOf(Buffer.from('GET / HTTP/1.1\r\n\r\n'.repeat(4), 'latin1')), null)
  })

  test('ids of groups are unique', () => {
    assert.equal(new Set(GROUPS.map((g) => g.id)).size, GROUPS.length)
    assert.equal(new Set(GROUPS.map((g) => g.name)).size, GROUPS.length)
  })
})

/** The groups that sslscan finds, as `version name`. */
function sslscan(port: number): { groups: string[] } {
  const xml = output('sslscan', ['--no-colour', '--no-heartbleed', '--no-ciphersuites', '--xml=-', `${HOST}:${port}`])
  const groups = [...xml.matchAll(/<group sslversion="TLSv([\d.]+)"[^>]* name="(\w+)[^"]*"/g)].map(
    (m) => `tls${m[1]} ${m[2]}`,
  )
  return { groups: groups.sort() }
}

describe('beside other tools', () => {
  test(
    'nginx with an ECDSA key: the groups of sslscan and more, with a third of its connections',
    { timeout: 60_000 },
    async (t) => {
      if (!has('nginx') || !has('sslscan')) return t.skip('needs nginx and sslscan')
      const port = 23471
      const server = nginx(certs.directory, `${HOST}:${port} ssl`, [
        `ssl_certificate ${certs.ec.cert}`,
        `ssl_certificate_key ${certs.ec.key}`,
        `ssl_certificate ${certs.rsa.cert}`,
        `ssl_certificate_key ${certs.rsa.key}`,
        'ssl_protocols TLSv1.2 TLSv1.3',
        'ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20',
      ])
      const relay = await counting(port)
      try {
        await listening(HOST, port)
        const seen = await observeTls(port)
        assert.deepEqual([...new Set(Object.values(verdictsOf(seen)))], ['pass'])
        const groups = groupOffers(shakesOf(seen.handshakes))
          .flatMap((o) => o.accepted.map((a) => `${o.version} ${GROUPS.find((g) => g.id === a.group)?.name}`))
          .sort()
        const theirs = sslscan(port)
        assert.ok(theirs.groups.length > 5, `${theirs.groups.length} groups`)
        assert.deepEqual(groups, theirs.groups)
        assert.equal(new Set(shownCertificates(seen.handshakes).map((s) => s.certificate?.key.type)).size, 2)
        await said('sslscan', ['--no-colour', `${HOST}:${relay.port}`])
        assert.ok(seen.connections <= 0.65 * relay.count(), `${seen.connections} beside ${relay.count()} of sslscan`)
        t.diagnostic(`${seen.connections} connections; sslscan makes ${relay.count()}`)
      } finally {
        relay.server.close()
        await stop(server)
      }
    },
  )
})

/** A relay that counts connections. */
async function counting(to: number): Promise<{ port: number; server: Server; count: () => number }> {
  let count = 0
  const server = createServer((near) => {
    count++
    const far = connect(to, HOST)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
  return { port: (server.address() as AddressInfo).port, server, count: () => count }
}

describe('devices that behave in their own way', () => {
  let identities: Identity[]
  before(async () => {
    identities = [await makeIdentity('P-256', [HOST]), await makeIdentity('RSA', [HOST])]
  })

  /** Speaks TLS 1.2 with one ephemeral suite, each answer as `choose` has it. */
  async function serve(
    choose: (hello: NonNullable<ReturnType<typeof clientHelloOf>>, count: number) => Identity | null,
  ): Promise<{ seen: TlsSeen; close: () => void }> {
    let count = 0
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (bytes) => {
        const hello = clientHelloOf(bytes)
        const identity = hello?.version === 'tls1.2' && hello.suites.includes(0xc02b) ? choose(hello, count++) : null
        if (!identity) return void socket.end(alertOf(0x0303, 40))
        const clientRandom = bytes.subarray(11, 43)
        const said = { version: 0x0303, suite: 0xc02b, compression: 0, renegotiation: true, ephemeral: true }
        socket.end(flightOf({ ...said, identity, clientRandom }))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
    try {
      return { seen: await observeTls((server.address() as AddressInfo).port), close: () => server.close() }
    } finally {
      server.close()
    }
  }

  test('one that takes P-256 whether it was offered or not', { timeout: 60_000 }, async () => {
    const { seen } = await serve(() => identities[0] ?? null)
    const [offer] = groupOffers(shakesOf(seen.handshakes))
    assert.deepEqual([offer?.accepted.map((a) => a.group), offer?.open.size], [[23], 0])
    assert.equal(verdictsOf(seen)['groups'], 'pass')
  })

  test('one that shows another key each time is not asked for ever', { timeout: 60_000 }, async () => {
    const { seen } = await serve((hello, count) => (hello.groups.includes(23) ? (identities[count % 2] ?? null) : null))
    assert.ok(seen.handshakes.hellos.length < 80, `${seen.handshakes.hellos.length} hellos`)
  })

  test('one whose prime goes by the strength of the cipher is asked for both', { timeout: 60_000 }, async (t) => {
    if (!has('openssl')) return t.skip('needs openssl')
    const port = 23473
    const suites = 'ADH-AES256-GCM-SHA384:ADH-AES128-GCM-SHA256:@SECLEVEL=0'
    const args = ['s_server', '-accept', String(port), '-nocert', '-tls1_2', '-serverpref', '-cipher', suites, '-www']
    const server = spawn('openssl', args, { stdio: 'ignore' })
    try {
      await listening(HOST, port)
      const seen = await observeTls(port)
      const bits = primesOf(shakesOf(seen.handshakes)).map((p) => p.bits)
      assert.deepEqual([...new Set(bits)].sort(), [1024, 3072])
      assert.equal(verdictsOf(seen)['groups'], 'fail')
    } finally {
      await stop(server)
    }
  })

  test('without its offers nothing is asked; a closed port is unanswered', async () => {
    const seen = await probe.run(testBench(), 'a/ipv4/9')
    assert.equal(!seen.answered && seen.why.code, 'tls-handshakes.no-offers')
    const { offers } = fixture('tls-handshakes/modern.json') as TlsSeen
    const known = testBench(undefined, { seen: <T>() => [{ subject: 'a/ipv4/9', value: offers as T }] })
    const closed = await probe.run(known, 'a/ipv4/9')
    assert.equal(!closed.answered && closed.why.code, 'tls-handshakes.not-reached')
  })
})

describe('parsers take any bytes', () => {
  /** A small fixed generator (xorshift32). */
  function random(seed: number): (below: number) => number {
    let x = seed
    return (below) => {
      x ^= x << 13
      x ^= x >>> 17
      x ^= x << 5
      return (x >>> 0) % below
    }
  }

  function mutate(bytes: Uint8Array, pick: (below: number) => number): Uint8Array {
    const out = Uint8Array.from(bytes)
    for (let i = 0; i <= pick(5); i++) out[pick(out.length || 1)] = [0, 0x30, 0x80, 0xff, pick(256)][pick(5)] ?? 0
    if (pick(4) === 0) return out.slice(0, pick(out.length || 1))
    return pick(6) === 0 ? Uint8Array.from([...out, ...out.slice(pick(out.length || 1))]) : out
  }

  const all = ['modern', 'only-13', 'chain', 'weak', 'weak-ec'].map(
    (name) => (fixture(`tls-handshakes/${name}.json`) as TlsSeen).handshakes,
  )

  test('20,000 mutated certificates, hellos and answers', { timeout: 60_000 }, () => {
    const pick = random(20261122)
    const chains = all.flatMap((v) => shakesOf(v).flatMap((s) => s.answer.chain ?? []))
    const sent = all.flatMap((v) => v.hellos.map((h) => fromBase64(h.sent)))
    let read = 0
    const started = performance.now()
    for (let i = 0; i < 20_000; i++) {
      const certificate = certificateOf(mutate(chains[i % chains.length] ?? new Uint8Array(), pick))
      if (certificate) {
        read++
        assert.ok(certificate.subject.length <= 200 && certificate.names.length <= 100)
        assert.match(certificate.subject, /^[ -~]*$/)
      }
      const hello = clientHelloOf(mutate(sent[i % sent.length] ?? new Uint8Array(), pick))
      if (hello) assert.ok(hello.suites.length < 40_000)
    }
    assert.ok(read > 5000 && read < 20_000, `${read} still were certificates`)
    assert.ok(performance.now() - started < 30_000)
  })

  test('2,000 mutated observations', { timeout: 60_000 }, () => {
    const pick = random(7)
    const encode = (text: string) => Buffer.from(mutate(fromBase64(text), pick)).toString('base64')
    for (let i = 0; i < 2000; i++) {
      const value: TlsHandshakes = structuredClone(all[i % all.length] ?? ({} as TlsHandshakes))
      for (const hello of value.hellos)
        if (pick(3) === 0) Object.assign(hello, { answer: encode(hello.answer), sent: encode(hello.sent) })
      const shakes = shakesOf(value)
      for (const offer of groupOffers(shakes)) assert.ok(offer.open.size <= 70_000)
      primesOf(shakes)
      shownCertificates(value)
    }
  })

  test('the worst input takes no longer than its length', () => {
    const started = performance.now()
    certificateOf(new Uint8Array(60_000).fill(0x30))
    certificateOf(new Uint8Array(60_000).fill(0))
    assert.equal(elementsOf(new Uint8Array(60_000).fill(0)), null)
    const nested = Uint8Array.from({ length: 60_000 }, (_, i) => [0x30, 0x82, 0xea, 0x00][i % 4] ?? 0)
    certificateOf(nested)
    tlsAnswerOf(Uint8Array.from([22, 3, 3, 0x40, 0, 11, 0, 0x3f, 0xfc, ...new Uint8Array(16_380)]))
    assert.ok(performance.now() - started < 500)
  })
})
