import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { after, before, describe, test } from 'node:test'
import { probe as tlsProbe } from '../lab/probes/tls-offers.ts'
import { clientHello } from '../lab/instruments/tls-hello.ts'
import { fromBase64 } from '../suites/facts/bytes.ts'
import { protocolOf } from '../suites/facts/service-protocol.ts'
import { versionOffers } from '../suites/facts/tls-offers.ts'
import { enoughOfAnswer, tlsAnswerOf, type TlsVersion } from '../suites/facts/tls-records.ts'
import { SUITES, suiteById } from '../suites/facts/tls-suites.ts'
import type { TlsOffers } from '../suites/observations/tls-offers.ts'
import { testBench } from './support/bench.ts'
import { certificates, has, listening, nginx, output, start, stop, type Certificates } from './support/programs.ts'
import { fixture } from './support/judging.ts'

const HOST = '127.0.0.1'
let certs: Certificates
let everything: ChildProcess
const EVERYTHING = 23441

let ending = false
let startsLeft = 5

/** Seen to end once under load, in the middle of the tests: then it is started again. */
function startEverything(): void {
  // prettier-ignore
  everything = start('openssl', [
    's_server', '-accept', `${HOST}:${EVERYTHING}`, '-cert', certs.rsa.cert, '-key', certs.rsa.key,
    '-dcert', certs.ec.cert, '-dkey', certs.ec.key, '-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0', '-min_protocol', 'TLSv1', '-quiet',
  ])
  everything.on('exit', () => void (ending || startsLeft-- <= 0 || startEverything()))
}

before(async () => {
  certs = certificates()
  startEverything()
  await listening(HOST, EVERYTHING)
})
after(async () => {
  ending = true
  await stop(everything)
  certs.remove()
})

async function observe(port: number): Promise<TlsOffers> {
  const seen = await tlsProbe.run(testBench(), `a/ipv4/${port}`)
  assert.ok(seen.answered, JSON.stringify(seen).slice(0, 500))
  return seen.value
}

/** Accepted suites as `version id`, sorted; those that the library of the other tool knows in this version. */
const acceptedBy = (value: TlsOffers): string[] =>
  versionOffers(value)
    .flatMap((o) => o.accepted.map((a) => `${o.version} ${a.suite.toString(16).padStart(4, '0')}`))
    .sort()

/** What sslscan accepts, in the same words. */
function sslscan(port: number): string[] {
  const xml = output('sslscan', [
    '--no-colour',
    '--no-heartbleed',
    '--no-groups',
    '--no-compression',
    '--no-renegotiation',
    '--xml=-',
    `${HOST}:${port}`,
  ])
  return [
    ...xml.matchAll(
      /<cipher status="(?:accepted|preferred)" sslversion="(?:TLS|SSL)v([\d.]+)"[^>]* id="0x([0-9A-Fa-f]{4})"/g,
    ),
  ]
    .map((m) => `${m[1] === '3' ? 'ssl3' : `tls${m[1]}`} ${(m[2] ?? '').toLowerCase()}`)
    .sort()
}

/** What nmap's script accepts: version and name. */
function nmap(port: number): string[] {
  const text = output('nmap', ['-Pn', '-n', '--script', 'ssl-enum-ciphers', '-p', String(port), HOST], 120)
  let version = ''
  return text
    .split('\n')
    .flatMap((line) => {
      version = /^\| {3}(?:TLSv([\d.]+)|SSLv3):/.exec(line)?.[1]?.replace(/^/, 'tls') ?? version
      const name = /^\| {7}(TLS_\w+)/.exec(line)?.[1]
      return name ? [`${version} ${name.replace('TLS_AKE_WITH_', 'TLS_')}`] : []
    })
    .sort()
}

const byName = (accepted: string[]): string[] =>
  accepted.map((a) => `${a.split(' ')[0]} ${suiteById(Number.parseInt(a.split(' ')[1] ?? '', 16))?.name}`).sort()

const undecided = (value: TlsOffers, version: TlsVersion): boolean =>
  versionOffers(value).some((o) => o.version === version && o.open.size > 0)

async function serve(listener: (socket: Socket) => void): Promise<{ port: number; server: Server; close: () => void }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    listener(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    server,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

describe('cipher suites', () => {
  test('ids are unique and agree with the names OpenSSL gives', () => {
    assert.equal(new Set(SUITES.map((s) => s.id)).size, SUITES.length)
    assert.ok(SUITES.length > 350)
    const rows = output('openssl', ['ciphers', '-stdname', '-V', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0']).split('\n')
    let compared = 0
    for (const row of rows) {
      const m = /0x(..),0x(..) - (TLS_\S+)/.exec(row)
      if (!m) continue
      assert.equal(suiteById(Number.parseInt(`${m[1]}${m[2]}`, 16))?.name, m[3])
      compared++
    }
    assert.ok(compared > 150, `${compared} compared`)
  })

  test('agree with the table of nmap where both have a number', (t) => {
    const file = '/usr/share/nmap/nselib/tls.lua'
    if (!existsSync(file)) return t.skip('needs nmap')
    let compared = 0
    for (const m of readFileSync(file, 'latin1').matchAll(/"(TLS_\w+)"\]\s*=\s*0x([0-9A-F]{4})/g)) {
      const id = Number.parseInt(m[2] ?? '', 16)
      if (m[1]?.includes('SCSV') || m[1]?.startsWith('TLS_AKE')) continue
      assert.equal(suiteById(id)?.name, m[1], m[2])
      compared++
    }
    assert.ok(compared > 330, `${compared} compared`)
  })

  test('say what their names say', () => {
    const facts = (name: string) => SUITES.find((s) => s.name === name)
    assert.deepEqual(
      { ...facts('TLS_DH_anon_EXPORT_WITH_RC4_40_MD5') },
      {
        id: 0x17,
        name: 'TLS_DH_anon_EXPORT_WITH_RC4_40_MD5',
        keyExchange: 'DH_anon',
        cipher: 'RC4_40',
        hash: 'MD5',
        exportGrade: true,
        anonymous: true,
        forwardSecrecy: true,
        aead: false,
        tls13: false,
      },
    )
    assert.equal(facts('TLS_RSA_WITH_AES_128_GCM_SHA256')?.forwardSecrecy, false)
    assert.equal(facts('TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8')?.aead, true)
    assert.equal(facts('TLS_ECDH_RSA_WITH_AES_128_CBC_SHA')?.forwardSecrecy, false)
    assert.equal(facts('TLS_AES_128_GCM_SHA256')?.tls13, true)
    assert.equal(facts('TLS_SHA256_SHA256')?.cipher, 'NULL')
  })
})

describe('offers of real servers, beside sslscan and nmap', () => {
  test('OpenSSL with everything it has, TLS 1.0 to 1.3', { timeout: 120_000 }, async (t) => {
    const value = await observe(EVERYTHING)
    const accepted = acceptedBy(value)
    assert.ok(accepted.length > 100, `${accepted.length} suites`)
    assert.ok(versionOffers(value).every((o) => o.open.size === 0))
    if (!has('sslscan')) return t.skip('needs sslscan')
    assert.deepEqual(accepted, sslscan(EVERYTHING))
    if (!has('nmap')) return t.skip('needs nmap')
    const theirs = nmap(EVERYTHING)
    assert.ok(theirs.length > 50)
    assert.deepEqual(
      theirs.filter((s) => !byName(accepted).includes(s)),
      [],
      'nmap sees what we do not',
    )
  })

  test('nginx with TLS 1.2 and 1.3', { timeout: 60_000 }, async (t) => {
    if (!has('nginx') || !has('sslscan')) return t.skip('needs nginx and sslscan')
    const server = nginx(certs.directory, `${HOST}:23442 ssl`, [
      `ssl_certificate ${certs.ec.cert}`,
      `ssl_certificate_key ${certs.ec.key}`,
      'ssl_protocols TLSv1.2 TLSv1.3',
      'ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20',
    ])
    try {
      await listening(HOST, 23442)
      const value = await observe(23442)
      assert.deepEqual(acceptedBy(value), sslscan(23442))
      assert.deepEqual(
        versionOffers(value).filter((o) => o.refused.length === 0),
        [],
      )
      const control = tlsAnswerOf(fromBase64(value.hellos[value.control?.before ?? -1]?.answer ?? ''))
      assert.ok((control.chain?.[0]?.length ?? 0) > 200, 'certificate of the control')
      assert.deepEqual(control.keyExchange, { group: 29 })
    } finally {
      await stop(server)
    }
  })

  test('Node with TLS 1.3 only', { timeout: 60_000 }, async () => {
    const server = createTlsServer({
      cert: readFileSync(certs.ec.cert),
      key: readFileSync(certs.ec.key),
      minVersion: 'TLSv1.3',
    })
    server.on('tlsClientError', () => undefined)
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
    const port = (server.address() as AddressInfo).port
    try {
      const value = await observe(port)
      assert.deepEqual(acceptedBy(value), ['tls1.3 1301', 'tls1.3 1302', 'tls1.3 1303'])
      for (const o of versionOffers(value))
        if (o.version !== 'tls1.3') assert.ok(o.refused.length > 0 && o.open.size === 0, o.version)
      assert.equal(tlsAnswerOf(fromBase64(value.hellos[value.control?.before ?? -1]?.answer ?? '')).hello?.retry, true)
    } finally {
      server.close()
    }
  })

  test('the same hello with a server name and every version is accepted', async () => {
    const hello = clientHello({
      versions: ['tls1.3', 'tls1.2', 'tls1.0'],
      suites: [0x1301, 0xc02f],
      serverName: 'camera.test',
    })
    const socket = connect(EVERYTHING, HOST)
    socket.write(hello)
    const bytes = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    socket.destroy()
    assert.equal(tlsAnswerOf(bytes).hello?.version, 0x0304)
  })
})

/** To OpenSSL, which serves one connection after the other: the far side must be closed with the near one. */
function forward(socket: Socket, hello: Buffer): void {
  const upstream = connect(EVERYTHING, HOST)
  upstream.on('error', () => socket.destroy())
  socket.on('close', () => upstream.destroy())
  upstream.write(hello)
  upstream.pipe(socket)
}

describe('servers that behave', () => {
  /** A ServerHello for SSL 3.0 with RC4-SHA, made by hand: no library of today speaks it. */
  const ssl3Hello = Buffer.from(`160300002a02000026${'0300'}${'11'.repeat(32)}00000500`, 'hex')

  test('SSL 3.0 only is seen as such', { timeout: 60_000 }, async () => {
    const { port, close } = await serve((socket) => {
      socket.once('data', (hello) => {
        const asked = hello.readUInt16BE(9)
        const offers = asked === 0x0300 && hello.includes(Buffer.from([0x00, 0x05]), 44)
        socket.end(offers ? ssl3Hello : Buffer.from(asked === 0x0300 ? '15030000020228' : '15030100020246', 'hex'))
      })
    })
    const value = await observe(port)
    close()
    assert.deepEqual(acceptedBy(value), ['ssl3 0005'])
    assert.deepEqual(
      versionOffers(value).filter((o) => o.open.size > 0 || o.refused.length === 0),
      [],
    )
  })

  test('closing is a refusal, resetting is not, and only after a control', { timeout: 60_000 }, async () => {
    const proxy = (refuse: (socket: Socket) => void) =>
      serve((socket) => {
        socket.once('data', (hello) => {
          if (hello.readUInt16BE(9) !== 0x0303) return refuse(socket)
          forward(socket, hello)
        })
      })
    const closing = await proxy((socket) => socket.end())
    const closed = await observe(closing.port)
    closing.close()
    assert.equal(undecided(closed, 'tls1.0'), false)
    const resetting = await proxy((socket) => socket.resetAndDestroy())
    const reset = await observe(resetting.port)
    resetting.close()
    assert.equal(undecided(reset, 'tls1.0'), true)
    assert.equal(undecided(reset, 'tls1.2'), false)
    const none = await serve((socket) => socket.once('data', () => socket.end()))
    const nothing = await observe(none.port)
    none.close()
    assert.equal(nothing.control, null)
    assert.ok(
      versionOffers(nothing).every((o) => o.refused.length === 0),
      'refusals without a control',
    )
  })

  test('a stack that ignores long hellos is asked in pieces', { timeout: 120_000 }, async () => {
    const { port, close } = await serve((socket) => {
      socket.once('data', (hello) => {
        if (hello.length > 640) return
        forward(socket, hello)
      })
    })
    const value = await observe(port)
    close()
    assert.equal(acceptedBy(value).length, acceptedBy(await observe(EVERYTHING)).length)
  })

  test('so is one that refuses long hellos, whatever is in them', { timeout: 120_000 }, async () => {
    const everything = acceptedBy(await observe(EVERYTHING))
    for (const answer of ['15030300020232', '15030300020228', '']) {
      const { port, close } = await serve((socket) => {
        socket.once('data', (hello) => {
          if (hello.length > 640) socket.end(Buffer.from(answer, 'hex'))
          else forward(socket, hello)
        })
      })
      const value = await observe(port)
      close()
      assert.deepEqual(acceptedBy(value).sort(), everything.sort(), answer)
      assert.ok(versionOffers(value).every((o) => o.open.size === 0))
    }
  })

  test('a closed port is unanswered', async () => {
    const seen = await tlsProbe.run(testBench(), 'a/ipv4/9')
    assert.equal(seen.answered, false)
    assert.equal(!seen.answered && seen.cause, 'device')
  })
})

describe('parsers take any bytes', () => {
  /** A small fixed generator (mulberry32). */
  function random(seed: number): () => number {
    let a = seed
    return () => {
      a = (a + 0x6d2b79f5) | 0
      let t = Math.imul(a ^ (a >>> 15), 1 | a)
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296
    }
  }

  function mutate(bytes: Uint8Array, next: () => number): Uint8Array {
    const pick = (n: number) => Math.floor(next() * n)
    let out = Uint8Array.from(bytes)
    for (let i = 0; i <= pick(6); i++) {
      const at = pick(out.length || 1)
      const how = pick(5)
      if (how === 0) out[at] = pick(256)
      else if (how === 1) out = out.slice(0, at)
      else if (how === 2)
        out = Uint8Array.from([
          ...out.slice(0, at),
          ...Array.from({ length: pick(9) }, () => pick(256)),
          ...out.slice(at),
        ])
      else if (how === 3) out = Uint8Array.from([...out.slice(0, at), ...out])
      else out[at] = [0, 255, 22, 21, 3][pick(5)] ?? 0
    }
    return out.slice(0, 40_000)
  }

  const recorded = ['modern', 'legacy'].flatMap((name) => {
    const { value } = fixture(`tls-offers/${name}.json`) as { value: TlsOffers }
    return value.hellos.map((h) => fromBase64(h.answer)).filter((b) => b.length > 0)
  })

  test('25,000 mutated TLS answers', { timeout: 120_000 }, () => {
    const next = random(20261121)
    const started = performance.now()
    let hellos = 0
    for (let i = 0; i < 25_000; i++) {
      const bytes = mutate(recorded[i % recorded.length] ?? new Uint8Array(), next)
      const answer = tlsAnswerOf(bytes)
      const enough = enoughOfAnswer(bytes)
      if (answer.is === 'hello') hellos++
      assert.ok(enough === null || (enough >= 0 && enough <= bytes.length))
      assert.equal(answer.is === 'hello', answer.hello !== null)
      // What is decided stays decided when only those bytes are kept.
      if (answer.decidedAt !== null && answer.is === 'hello')
        assert.deepEqual(tlsAnswerOf(bytes.subarray(0, answer.decidedAt)).hello, answer.hello)
    }
    assert.ok(hellos > 5000 && hellos < 25_000, `${hellos} still were hellos`)
    assert.ok(performance.now() - started < 60_000)
  })

  test('the worst input takes no longer than its length', () => {
    const tiny = new Uint8Array(66_000)
    for (let i = 0; i + 10 <= tiny.length; i += 10) tiny.set([22, 3, 3, 0, 5, 1, 0, 0, 1, 7], i)
    const started = performance.now()
    tlsAnswerOf(tiny)
    tlsAnswerOf(new Uint8Array(66_000).fill(22))
    assert.ok(performance.now() - started < 500)
  })

  test('20,000 mutated first words of services', () => {
    const next = random(7)
    const words = [
      'SSH-2.0-x\r\n',
      'HTTP/1.1 200 OK\r\n\r\n',
      'RTSP/1.0 400 Bad\r\n\r\n',
      '220 ftp\r\n',
      '\xff\xfd\x18',
      '\x20\x02\x00\x00',
      'login: ',
    ].map((w) => Uint8Array.from(Buffer.from(w, 'latin1')))
    const known = new Set(['http', 'rtsp', 'ssh', 'telnet', 'ftp', 'mqtt', 'unknown'])
    for (let i = 0; i < 20_000; i++) {
      const said = () => mutate(words[Math.floor(next() * words.length)] ?? new Uint8Array(), next)
      assert.ok(known.has(protocolOf({ greeting: said(), httpAnswer: said(), rtspAnswer: said(), mqttAnswer: said() })))
    }
  })

  test('a web server that repeats RTSP/1.0 before its refusal is none of RTSP', () => {
    const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'))
    const none = new Uint8Array()
    const said = (http: string, rtsp: string) =>
      protocolOf({ greeting: none, httpAnswer: bytes(http), rtspAnswer: bytes(rtsp), mqttAnswer: none })
    const page = 'HTTP/1.1 200 OK\r\n\r\n'
    assert.equal(said(page, 'RTSP/1.0 501 Not Implemented\r\nServer: mini_httpd/1.30 26Oct2018\r\n\r\n'), 'http')
    assert.equal(said(page, 'RTSP/1.0 400 Bad Request\r\ncseq: 1\r\n\r\n'), 'rtsp')
    assert.equal(said(page, 'RTSP/1.0 200 OK\r\nPublic: OPTIONS\r\n\r\n'), 'rtsp')
    assert.equal(said('', 'RTSP/1.0 501 Not Implemented\r\n\r\n'), 'rtsp')
    assert.equal(said('RTSP/1.0 400 Bad Request\r\n\r\n', 'RTSP/1.0 501 Not Implemented\r\n\r\n'), 'rtsp')
  })

  test('base64 agrees with Node', () => {
    const next = random(3)
    for (let i = 0; i < 2000; i++) {
      const bytes = Buffer.from(Array.from({ length: i % 97 }, () => Math.floor(next() * 256)))
      assert.deepEqual(Buffer.from(fromBase64(bytes.toString('base64'))), bytes)
    }
  })
})
