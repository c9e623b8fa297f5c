import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { makeFrames, MOST_RECORD_BYTES } from '../lab/services/syslog-frames.ts'
import { startSyslog, type SyslogOptions } from '../lab/services/syslog.ts'
import type { SyslogReceiver } from '../lab/probe.ts'
import {
  addressKey,
  namesAddress,
  namesUser,
  saysFailure,
  saysRepeated,
  saysSuccess,
} from '../suites/facts/log-words.ts'
import { parseSyslog } from '../suites/facts/syslog.ts'

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))
const text = (b: Uint8Array): string => Buffer.from(b).toString('latin1')
const parse = (record: string) => parseSyslog(bytes(record))
const now = () => Date.now() * 1000
const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

interface Fixture {
  origin: string
  over: string
  record: string
}
const fixtures = JSON.parse(
  readFileSync(new URL('./fixtures/failed-login-log/records.json', import.meta.url), 'utf8'),
) as Fixture[]

async function receiver(protocol: SyslogOptions['protocol'], address = '127.0.0.1'): Promise<SyslogReceiver> {
  const started = await startSyslog({ protocol, address, port: 0, now })
  assert.ok('receiver' in started, JSON.stringify(started))
  return started.receiver
}

async function until(condition: () => boolean, milliseconds = 8000): Promise<void> {
  for (const end = Date.now() + milliseconds; !condition() && Date.now() < end;) await sleep(20)
}

test('RFC 5424: the examples of section 6.5, structured data with escapes, no data, cut short', () => {
  const first = parse(
    "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xef\xbb\xbf'su root' failed for lonvick on /dev/pts/8",
  )
  assert.deepEqual(first, {
    format: 'rfc5424',
    pri: 34,
    facility: 4,
    severity: 2,
    timestamp: '2003-10-11T22:14:15.003Z',
    host: 'mymachine.example.com',
    app: 'su',
    structuredData: null,
    message: "'su root' failed for lonvick on /dev/pts/8",
    text: first.text,
  })
  const data = parse(
    '<165>1 2003-10-11T22:14:15.003Z h evntslog - ID47 [a@1 x="3" y="br\\]ck \\" et"][b@2 z="]"] An event',
  )
  assert.equal(data.structuredData, '[a@1 x="3" y="br\\]ck \\" et"][b@2 z="]"]')
  assert.equal(data.message, 'An event')
  const only = parse('<165>1 - - - - - [a@1 x="3"]')
  assert.deepEqual(
    [only.timestamp, only.host, only.app, only.structuredData, only.message],
    [null, null, null, '[a@1 x="3"]', ''],
  )
  const broken = parse('<165>1 - h app - - [a@1 x="3 no end')
  assert.deepEqual([broken.structuredData, broken.message], [null, '[a@1 x="3 no end'])
})

test('RFC 3164 and its relatives: section 5.4, no host, ISO time, year, no priority, bare text', () => {
  const rows: [string, string | null, string | null, string | null, string][] = [
    [
      "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
      'Oct 11 22:14:15',
      'mymachine',
      'su',
      "'su root' failed for lonvick on /dev/pts/8",
    ],
    ['<13>Nov 21 21:26:17 httpd: wrong password', 'Nov 21 21:26:17', null, 'httpd', 'wrong password'],
    ['<13>Nov  1 21:26:17 cam httpd[12]: x', 'Nov  1 21:26:17', 'cam', 'httpd', 'x'],
    ['<13>2026-11-21T21:26:17.123456+07:00 cam httpd[12]: x', '2026-11-21T21:26:17.123456+07:00', 'cam', 'httpd', 'x'],
    ['<13>Nov 21 2026 21:26:17 cam: x', 'Nov 21 2026 21:26:17', null, 'cam', 'x'],
    ['<190>Login failed, user=admin', null, null, null, 'Login failed, user=admin'],
    ['<190>web: Login failed', null, null, 'web', 'Login failed'],
    ['Login failed: admin', null, null, null, 'Login failed: admin'],
    ['<999>Login failed', null, null, null, 'Login failed'],
    ['', null, null, null, ''],
    ['<13>', null, null, null, ''],
  ]
  for (const [record, timestamp, host, app, message] of rows) {
    const got = parse(record)
    assert.deepEqual([got.timestamp, got.host, got.app, got.message], [timestamp, host, app, message], record)
  }
  assert.equal(parse('<999>x').pri, null)
  assert.equal(parse('x').format, 'none')
})

test('records of real senders: time, program and message are found in every one', () => {
  assert.ok(fixtures.length > 50)
  for (const { origin, record } of fixtures) {
    const got = parse(record)
    const app = /\b(camera|cam|httpd|sshd|dropbear|nginx|rsyslogd|other|syslogd)\b/.exec(record)?.[1]
    assert.notEqual(got.pri, null, record)
    assert.notEqual(got.timestamp, null, record)
    assert.equal(got.app, app, `${origin}: ${record}`)
    assert.ok(got.message.length > 0 && !got.message.startsWith('<'), record)
    assert.equal(got.format, /^<\d+>1 /.test(record) ? 'rfc5424' : 'rfc3164', record)
  }
})

test('words of real records: failures, successes, repeats, users and addresses', () => {
  const find = (part: string) => fixtures.find((f) => f.record.includes(part))?.record ?? assert.fail(part)
  for (const part of [
    'Invalid user cs06nobody',
    'Failed password for root',
    'Bad password attempt',
    'Login attempt for nonexistent user',
    'was not found in',
    'password mismatch',
    '"GET / HTTP/1.1" 401',
    'wrong password',
  ])
    assert.ok(saysFailure(find(part)), part)
  assert.equal(saysFailure(find('"GET / HTTP/1.1" 200')), false)
  assert.ok(saysFailure(`AH01808: user 'x\\r\\n<11>1 - y' not found: /log-in [client 10.78.0.1:41789]`))
  assert.equal(saysFailure('no user was asked for; a second disk not found'), false)
  for (const text of ['login ok user=admin from 10.0.0.1', 'auth OK', 'op=login result="ok"', 'user admin signed in'])
    assert.ok(saysSuccess(text), text)
  for (const text of ['login from 10.0.0.1', 'look at the author ok', 'login ok, then failed'])
    assert.ok(!saysSuccess(text), text)
  assert.ok(saysSuccess('Accepted password for root from 10.0.0.1') && !saysSuccess('login success rate: 1 failed'))
  assert.ok(saysRepeated(find('message repeated 2 times')) && saysRepeated('last message repeated 3 times'))
  assert.ok(
    saysFailure(text(new TextEncoder().encode('Người dùng admin đăng nhập thất bại'))) &&
      saysFailure(text(new TextEncoder().encode('登录失败'))),
  )
  assert.equal(namesUser(find('Bad password attempt'), 'root'), true)
  for (const [line, user, named] of [
    ['user=cs01;', 'cs01', true],
    ['xcs01', 'cs01', false],
    ['cs012', 'cs01', false],
    ['User CS01 failed', 'cs01', true],
    ['administrator', 'admin', false],
    ['x', '', false],
    [text(new TextEncoder().encode('tài khoản Đỗ sai')), 'Đỗ', true],
  ] as const)
    assert.equal(namesUser(line, user), named, line)
  for (const [line, address, named] of [
    ['from 10.77.0.1 port 1', '10.77.0.1', true],
    ['from 10.77.0.12', '10.77.0.1', false],
    ['from 110.77.0.1', '10.77.0.1', false],
    ['<10.77.0.1:5000>', '10.77.0.1', true],
    ['v1.10.77.0.1', '10.77.0.1', false],
    ['::ffff:10.77.0.1', '10.77.0.1', true],
    ['client FD77:0:0::1,', 'fd77::1', true],
    ['[fd77::1]:443', 'fd77::1', true],
    ['fd77::12', 'fd77::1', false],
    ['10.77.0.1.', '10.77.0.1', true],
    ['ip=10.77.0.1,', '10.77.0.1', true],
    ['21:26:17', '::1', false],
    ['from ::1 ok', '::1', true],
  ] as const)
    assert.equal(namesAddress(line, address), named, `${line} ${address}`)
  assert.equal(addressKey('1::2::3'), null)
  assert.equal(addressKey('fe80::1%eth0'), addressKey('FE80:0:0:0:0:0:0:1'))
})

test('fuzz: neither the parser nor the words ever throw, and a record is read in the same way twice', () => {
  let state = 1
  const random = (below: number) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % below
  for (let i = 0; i < 20_000; i++) {
    const base = Buffer.from(fixtures[random(fixtures.length)]?.record ?? '', 'latin1')
    for (let k = random(6); k > 0; k--) base[random(base.length)] = random(256)
    const cut = new Uint8Array(base.subarray(0, random(base.length + 1)))
    const got = parseSyslog(cut)
    assert.deepEqual(parseSyslog(cut), got)
    assert.ok(got.text.length <= cut.length && got.message.length <= got.text.length)
    saysFailure(got.text)
    namesAddress(got.text, '10.77.0.1')
    namesUser(got.text, 'cs01')
  }
  const slow = performance.now()
  for (const unit of ['[a@1 x="', '<13>', ':', 'fd77:', '1.', '\\"', ' ']) {
    parseSyslog(bytes(`<13>1 - - - - - ${unit.repeat(8000)}`))
    namesAddress(unit.repeat(16000), '::1')
  }
  assert.ok(performance.now() - slow < 5000)
})

test('frames: octet counting and LF in one stream, however the bytes are split, as RFC 6587 section 3.4', () => {
  const stream =
    '13 <13>a record\n<14>lf framed\n<15>with CR\r\n9 <16>5 LF\n<17>nul\0\n\n12 <18>12 bytes<19>last without end'
  const expected = [
    '<13>a record\n'.slice(0, 13),
    '<14>lf framed',
    '<15>with CR',
    '<16>5 LF\n',
    '<17>nul',
    '<18>12 bytes',
    '<19>last without end',
  ]
  for (let size = 1; size <= stream.length; size++) {
    const frames = makeFrames()
    const records: string[] = []
    for (let at = 0; at < stream.length; at += size)
      records.push(...frames.push(bytes(stream.slice(at, at + size))).map(text))
    records.push(...frames.rest().map(text))
    assert.deepEqual(records, expected, `split at ${size}`)
  }
})

test('frames: no record grows beyond its bound, and the next one is still found', () => {
  const long = 'x'.repeat(MOST_RECORD_BYTES + 5000)
  for (const stream of [`<13>${long}\n<14>next\n`, `${long.length + 4} <13>${long}10 <14>nextXY`]) {
    const frames = makeFrames()
    const records: Uint8Array[] = []
    for (let at = 0; at < stream.length; at += 1000) records.push(...frames.push(bytes(stream.slice(at, at + 1000))))
    assert.deepEqual(
      records.map((r) => r.length),
      [MOST_RECORD_BYTES, stream.includes('\n') ? 8 : 10],
    )
  }
})

test('UDP and TCP over both families, TLS with a certificate of the lab: bytes, time and sender', async () => {
  for (const [protocol, address] of [
    ['syslog-udp', '127.0.0.1'],
    ['syslog-udp', '::1'],
    ['syslog-tcp', '127.0.0.1'],
    ['syslog-tcp', '::1'],
    ['syslog-tls', '127.0.0.1'],
    ['syslog-tls', '::1'],
  ] as const) {
    const r = await receiver(protocol, address)
    try {
      const before = now()
      const mark = r.mark()
      const record = Buffer.from('<13>caf\xe9 \xff\x01', 'latin1')
      if (protocol === 'syslog-udp') {
        const socket = createSocket(address === '::1' ? 'udp6' : 'udp4')
        await new Promise((sent) => socket.send(record, r.port, address, sent))
        socket.close()
      } else if (protocol === 'syslog-tcp') connect(r.port, address).end(Buffer.concat([record, Buffer.from('\n')]))
      else {
        const socket = connectTls({ port: r.port, host: address, rejectUnauthorized: false }, () =>
          socket.end(Buffer.concat([Buffer.from(`${record.length} `), record])),
        )
      }
      await until(() => r.mark() > mark)
      const [got, ...more] = r.since(mark)
      assert.ok(got, `${protocol} ${address}`)
      assert.deepEqual(Buffer.from(got.bytes), record)
      assert.equal(got.from, address)
      assert.ok(got.at >= before && got.at <= now() && more.length === 0)
    } finally {
      await r.close()
    }
  }
})

test('a record that never ends is read after a silence, a taken port is a failure and not an exception', async () => {
  const r = await receiver('syslog-tcp')
  const socket = connect(r.port, '127.0.0.1')
  socket.write('<13>no end at all')
  await until(() => r.mark() > 0)
  assert.deepEqual(
    r.since(0).map((x) => text(x.bytes)),
    ['<13>no end at all'],
  )
  for (const protocol of ['syslog-tcp', 'syslog-tls'] as const) {
    const second = await startSyslog({ protocol, address: '127.0.0.1', port: r.port, now })
    assert.deepEqual('failure' in second && second.failure.code, 'lab')
  }
  const elsewhere = await startSyslog({ protocol: 'syslog-udp', address: '192.0.2.1', port: 0, now })
  assert.deepEqual('failure' in elsewhere && elsewhere.failure.code, 'lab')
  socket.destroy()
  await r.close()
})

test('what is no TLS does not stop the TLS receiver; close ends open connections', async () => {
  const r = await receiver('syslog-tls')
  const plain = connect(r.port, '127.0.0.1', () => plain.write('<13>in clear\n'))
  plain.on('error', () => undefined)
  await new Promise((closed) => plain.once('close', closed))
  const socket = connectTls({ port: r.port, host: '127.0.0.1', rejectUnauthorized: false }, () =>
    socket.write('8 <13>good'),
  )
  socket.on('error', () => undefined)
  await until(() => r.mark() > 0)
  assert.deepEqual(
    r.since(0).map((x) => text(x.bytes)),
    ['<13>good'],
  )
  const ended = new Promise((closed) => socket.once('close', closed))
  await r.close()
  await ended
})

test('util-linux logger: both formats, both framings', async (t) => {
  if (!has('logger')) return t.skip('needs logger (util-linux)')
  const [udp, tcp] = [await receiver('syslog-udp'), await receiver('syslog-tcp')]
  try {
    const log = (r: SyslogReceiver, ...options: string[]) =>
      assert.equal(
        spawnSync('logger', ['-n', '127.0.0.1', '-P', String(r.port), '-t', 'camera', ...options, 'Failed login'], {
          timeout: 5000,
        }).status,
        0,
      )
    // spawnSync holds the event loop, so each record is only read afterwards
    log(udp, '--udp', '--rfc3164')
    log(udp, '--udp', '--rfc5424')
    log(tcp, '--tcp', '--rfc5424', '--octet-count')
    log(tcp, '--tcp', '--rfc3164')
    await until(() => udp.mark() === 2 && tcp.mark() === 2)
    const read = [...udp.since(0), ...tcp.since(0)].map((r) => parseSyslog(r.bytes))
    assert.deepEqual(
      read.map((m) => [m.app, m.message]),
      new Array(4).fill(['camera', 'Failed login']),
    )
    assert.deepEqual(read.map((m) => m.format).sort(), ['rfc3164', 'rfc3164', 'rfc5424', 'rfc5424'])
  } finally {
    await Promise.all([udp.close(), tcp.close()])
  }
})

test('rsyslogd forwards over UDP, TCP with both framings, and TLS', async (t) => {
  if (!has('rsyslogd')) return t.skip('needs rsyslogd')
  const directory = mkdtempSync(join(tmpdir(), 'camseal-syslog-'))
  const [udp, counted, lines, tls] = await Promise.all(
    (['syslog-udp', 'syslog-tcp', 'syslog-tcp', 'syslog-tls'] as const).map((p) => receiver(p)),
  )
  assert.ok(udp && counted && lines && tls)
  writeFileSync(join(directory, 'in.log'), 'Failed password for cs99 from 10.77.0.1\n')
  writeFileSync(
    join(directory, 'rs.conf'),
    `
module(load="imfile")
global(workDirectory="${directory}")
input(type="imfile" File="${directory}/in.log" Tag="camera:")
action(type="omfwd" target="127.0.0.1" port="${udp.port}" protocol="udp")
action(type="omfwd" target="127.0.0.1" port="${counted.port}" protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format")
action(type="omfwd" target="127.0.0.1" port="${lines.port}" protocol="tcp")
action(type="omfwd" target="127.0.0.1" port="${tls.port}" protocol="tcp" StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="anon")
`,
  )
  const child = spawn('rsyslogd', ['-n', '-i', join(directory, 'pid'), '-f', join(directory, 'rs.conf')], {
    stdio: 'ignore',
  })
  try {
    const found = (r: SyslogReceiver) =>
      r
        .since(0)
        .map((x) => parseSyslog(x.bytes))
        .find((m) => m.app === 'camera')
    const all = [udp, counted, lines, tls]
    await until(() => all.every(found), 20_000)
    const message = found(tls) ? '' : ' (TLS needs rsyslog-gnutls)'
    for (const [i, r] of all.entries())
      assert.equal(found(r)?.message.trim(), 'Failed password for cs99 from 10.77.0.1', `receiver ${i}${message}`)
    assert.equal(found(counted)?.format, 'rfc5424')
  } finally {
    const ended = new Promise((exit) => child.once('exit', exit))
    child.kill()
    await ended
    await Promise.all([udp, counted, lines, tls].map((r) => r.close()))
    rmSync(directory, { recursive: true, force: true })
  }
})
