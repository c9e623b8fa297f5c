import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixture } from './support/judging.ts'
import { ftpCode } from '../suites/facts/ftp-reply.ts'
import { connackCode, mqttPacket, subackCode } from '../suites/facts/mqtt-packet.ts'
import { remoteOutcome } from '../suites/facts/remote-outcome.ts'
import { kexInit, rsaBits, sshHello, sshPacketLength, sshPayload, userAuth } from '../suites/facts/ssh-packet.ts'
import { promptOf, saysRefused, telnetStream } from '../suites/facts/telnet-stream.ts'
import type { RemoteAttempt } from '../suites/observations/remote-credentials.ts'
import { REMOTE_PROTOCOLS } from '../suites/observations/remote-endpoints.ts'
import type { SshAlgorithms } from '../suites/observations/ssh-algorithms.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')

test('Telnet: options, escaped and cut-off commands (RFC 854)', () => {
  const { text, options } = telnetStream(
    Uint8Array.from([255, 253, 24, 65, 255, 255, 66, 255, 250, 24, 1, 255, 240, 67, 255, 241, 0, 68, 255, 251]),
  )
  assert.equal(text, 'A\xffBCD')
  assert.deepEqual(options, [{ verb: 253, option: 24 }])
})

test('prompts by their last line', () => {
  const cases: [string, string][] = [
    ['\r\nDebian GNU/Linux 12\r\ncamera login: ', 'log-in'],
    ['Username:', 'log-in'],
    ['admin\r\nPassword: ', 'password'],
    ['BusyBox v1.35\r\n\r\n\x1b[6n~ # ', 'shell'],
    ['root@camera:~# ', 'shell'],
    ['\x1b[?2004h\x1b[32muser@cam\x1b[0m:~$ ', 'shell'],
    ['router>', 'shell'],
    ['############', 'none'],
    ['Welcome\r\n', 'none'],
    ['Last login: Mon Nov 3\r\n', 'none'],
    ['New password for admin: ', 'password'],
  ]
  for (const [text, prompt] of cases) assert.equal(promptOf(text), prompt, JSON.stringify(text))
  assert.ok(saysRefused('\r\nLogin incorrect\r\n') && !saysRefused('Welcome'))
})

test('FTP: replies of one and of many lines (RFC 959 section 4.2)', () => {
  assert.equal(ftpCode(bytes('220 ready\r\n')), 220)
  assert.equal(ftpCode(bytes('220 rea')), null)
  assert.equal(ftpCode(bytes('230-Hello\r\n 230 not yet\r\n 530 nor this\r\n')), null)
  assert.equal(ftpCode(bytes('230-Hello\r\n530 inside\r\n230 Logged in\r\n')), 230)
  assert.equal(ftpCode(bytes('SSH-2.0-x\r\n')), null)
})

test('MQTT: lengths, CONNACK and SUBACK', () => {
  assert.equal(mqttPacket(bytes('\x30\xff\xff\xff\xff\x01')), 'bad')
  assert.equal(mqttPacket(bytes('\x30\x80')), null)
  assert.equal(connackCode(Uint8Array.from([0x20, 2, 0, 5])), 5)
  assert.equal(connackCode(Uint8Array.from([0x20, 3, 0, 0x87, 0])), 0x87)
  assert.equal(connackCode(Uint8Array.from([0x30, 2, 0, 0])), null)
  assert.equal(subackCode(Uint8Array.from([0x90, 3, 0, 1, 0x80])), 0x80)
  assert.equal(subackCode(Uint8Array.from([0x90, 4, 0, 1, 0, 0x87])), 0x87)
})

test('SSH: lines before the identification, an RSA key, an answer to a password', () => {
  assert.deepEqual(sshHello(bytes('hello\r\nSSH-2.0-dropbear_2022.83\r\n')), {
    protocol: '2.0',
    software: 'dropbear_2022.83',
  })
  assert.equal(sshHello(bytes('SSH-2.0-drop')), null)
  assert.deepEqual(userAuth(Uint8Array.from([51, 0, 0, 0, 3, 97, 44, 98, 1])), {
    is: 'failure',
    methods: ['a', 'b'],
    partial: true,
  })
  assert.deepEqual(userAuth(Uint8Array.from([51, 0, 0, 1])), { is: 'other' })
  const { rsaKeys } = fixture('ssh-algorithms/dropbear.json') as SshAlgorithms
  assert.equal(rsaBits(Buffer.from(rsaKeys[0]?.key ?? '', 'base64')), 1024)
})

test('hostile bytes: every parser ends, and none throws', () => {
  let seed = 20261122
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
    return (seed >>> 8) % below
  }
  const { identification, kexInit: init } = fixture('ssh-algorithms/openssh.json') as SshAlgorithms
  const seeds = [
    Buffer.from(identification, 'base64'),
    Buffer.from(init, 'base64'),
    bytes('\xff\xfd\x18\xff\xfb\x01\r\ncamera login: '),
    bytes('230-Hello\r\n230 Logged in\r\n'),
    Uint8Array.from([0x20, 2, 0, 0, 0x90, 3, 0, 1, 0]),
  ]
  const sent = ['nothing', 'user', 'password', 'sum', 'connect', 'none'] as const
  const started = performance.now()
  for (let round = 0; round < 4000; round++) {
    const from = seeds[random(seeds.length)] ?? new Uint8Array()
    const mutant = Uint8Array.from(from.subarray(0, random(from.length + 1)))
    for (let i = 0; i < random(8); i++) if (mutant.length > 0) mutant[random(mutant.length)] = random(256)
    telnetStream(mutant)
    promptOf(Buffer.from(mutant).toString('latin1'))
    ftpCode(mutant)
    mqttPacket(mutant)
    subackCode(mutant)
    sshHello(mutant)
    sshPacketLength(mutant)
    kexInit(sshPayload(mutant) ?? mutant)
    kexInit(Uint8Array.from([20, ...mutant]))
    userAuth(Uint8Array.from([51, ...mutant]))
    rsaBits(mutant)
    const answer = Buffer.from(mutant).toString('base64')
    const attempt: RemoteAttempt = {
      at: 0,
      elapsed: 0,
      sourceAddress: '-',
      credential: round % 2 ? { user: 'u', secret: 's', published: true } : null,
      steps: [{ sent: sent[random(sent.length)] ?? 'nothing', answer, end: 'complete' }],
      sum: round % 3 ? null : 7,
      failure: null,
    }
    for (const protocol of REMOTE_PROTOCOLS) remoteOutcome(protocol, attempt)
  }
  assert.ok(performance.now() - started < 20_000)
  for (const text of [' '.repeat(50_000), '\x1b['.repeat(20_000), '#'.repeat(50_000), 'login'.repeat(10_000)]) {
    promptOf(text)
    saysRefused(text)
    ftpCode(bytes(text))
  }
  assert.ok(performance.now() - started < 25_000)
})
