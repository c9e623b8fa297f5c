import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { kind as credentials } from '../suites/observations/remote-credentials.ts'
import { kind as algorithms } from '../suites/observations/ssh-algorithms.ts'
import type { Service } from '../suites/statement.ts'
import { misfits } from './support/authentication.ts'
import { observeRemote, observeSsh, remoteStatement, remoteVerdicts, sshVerdict } from './support/remote.ts'
import * as servers from './support/remote-software.ts'
import type { Software } from './support/software.ts'

/**
 * The log-in probes against servers that others wrote. With CAMSEAL_RECORD set, what was seen is written to
 * test/fixtures/, where the tests of the criteria read it.
 */

const PASSWORD = 'Long-7731-kestrel'
const OWNER = { user: 'operator', password: PASSWORD }
const FACTORY = { user: 'root', password: 'xc3511' }
const GUESSED = { user: 'admin', password: 'admin' }

interface Case {
  name: string
  protocol: Service['protocol']
  needs: string
  users?: true
  start: () => Promise<Software>
  /** The owner's log-in is declared. */
  declared?: true
  expected: { anonymous: string; defaults: string; plain: string }
  ssh?: string
}

const ASKED = 'fail password-asked-in-clear'
const REFUSED = 'pass anonymous-refused'
const CASES: Case[] = [
  {
    name: 'openssh',
    protocol: 'ssh',
    needs: '/usr/sbin/sshd',
    users: true,
    start: () => servers.openSsh([OWNER]),
    declared: true,
    expected: { anonymous: REFUSED, defaults: 'pass defaults-refused', plain: 'pass encrypted' },
    ssh: 'pass offers-sha1-mac offers-short-tag only-allowed',
  },
  {
    name: 'openssh-keys-only',
    protocol: 'ssh',
    needs: '/usr/sbin/sshd',
    users: true,
    start: () => servers.openSsh([OWNER], ['PasswordAuthentication no', 'KbdInteractiveAuthentication no']),
    expected: { anonymous: REFUSED, defaults: 'pass no-password-log-in', plain: 'pass encrypted' },
  },
  {
    name: 'openssh-old',
    protocol: 'ssh',
    needs: '/usr/sbin/sshd',
    users: true,
    start: () =>
      servers.openSsh(
        [OWNER, GUESSED],
        ['Ciphers +3des-cbc', 'MACs +hmac-md5', 'KexAlgorithms +diffie-hellman-group1-sha1'],
      ),
    declared: true,
    expected: { anonymous: REFUSED, defaults: 'fail default-accepted defaults-refused', plain: 'pass encrypted' },
    ssh: 'fail offers-small-group offers-small-block offers-md5 offers-sha1-mac offers-short-tag',
  },
  {
    name: 'dropbear',
    protocol: 'ssh',
    needs: '/usr/sbin/dropbear',
    users: true,
    start: () => servers.dropbear([FACTORY], 1024),
    expected: {
      anonymous: REFUSED,
      defaults: 'fail default-accepted defaults-refused-unproven',
      plain: 'pass encrypted',
    },
    ssh: 'fail offers-sha1-group14 offers-sha1-signature offers-sha1-mac rsa-key-short',
  },
  {
    name: 'telnetd',
    protocol: 'telnet',
    needs: '/usr/sbin/telnetd',
    users: true,
    start: () => servers.telnetd([OWNER]),
    declared: true,
    expected: { anonymous: REFUSED, defaults: 'pass defaults-refused', plain: ASKED },
  },
  {
    name: 'telnetd-default',
    protocol: 'telnet',
    needs: '/usr/sbin/telnetd',
    users: true,
    start: () => servers.telnetd([FACTORY]),
    expected: { anonymous: REFUSED, defaults: 'fail default-accepted defaults-refused-unproven', plain: ASKED },
  },
  {
    name: 'open-shell',
    protocol: 'telnet',
    needs: '/usr/sbin/inetutils-inetd',
    start: () => servers.openShell(),
    expected: {
      anonymous: 'fail shell-without-log-in',
      defaults: 'inconclusive open-to-anybody',
      plain: 'inconclusive no-log-in-seen',
    },
  },
  {
    name: 'vsftpd',
    protocol: 'ftp',
    needs: '/usr/sbin/vsftpd',
    users: true,
    start: () => servers.vsftpd([OWNER], ['local_enable=YES', 'anonymous_enable=NO']),
    declared: true,
    expected: { anonymous: REFUSED, defaults: 'pass defaults-refused', plain: ASKED },
  },
  {
    name: 'vsftpd-anonymous',
    protocol: 'ftp',
    needs: '/usr/sbin/vsftpd',
    users: true,
    start: () => servers.vsftpd([GUESSED], ['local_enable=YES', 'anonymous_enable=YES', 'anon_root=/run/vsftpd/empty']),
    expected: {
      anonymous: 'fail anonymous-ftp',
      defaults: 'fail default-accepted defaults-refused-unproven',
      plain: ASKED,
    },
  },
  {
    name: 'mosquitto',
    protocol: 'mqtt',
    needs: '/usr/sbin/mosquitto',
    start: () => servers.mosquitto([OWNER], ['allow_anonymous false']),
    declared: true,
    expected: { anonymous: REFUSED, defaults: 'pass defaults-refused', plain: 'fail log-in-accepted-in-clear' },
  },
  {
    name: 'mosquitto-undeclared',
    protocol: 'mqtt',
    needs: '/usr/sbin/mosquitto',
    start: () => servers.mosquitto([OWNER], ['allow_anonymous false']),
    expected: {
      anonymous: REFUSED,
      defaults: 'pass defaults-refused-unproven',
      plain: 'inconclusive clear-unsettled',
    },
  },
  {
    name: 'mosquitto-open',
    protocol: 'mqtt',
    needs: '/usr/sbin/mosquitto',
    start: () => servers.mosquitto([], ['allow_anonymous true']),
    expected: {
      anonymous: 'fail anonymous-mqtt any-password-opens',
      defaults: 'inconclusive open-to-anybody',
      plain: 'fail log-in-accepted-in-clear',
    },
  },
]

function keep(folder: string, name: string, value: unknown): void {
  if (process.env['CAMSEAL_RECORD'] === undefined) return
  const directory = new URL(`./fixtures/${folder}/`, import.meta.url)
  mkdirSync(directory, { recursive: true })
  writeFileSync(new URL(`${name}.json`, directory), `${JSON.stringify(value, null, 1)}\n`)
}

describe("log-ins of other people's servers", { concurrency: 4 }, () => {
  for (const { name, protocol, needs, users, start, declared, expected, ssh } of CASES) {
    const missing = servers.hasProgram(needs) ? (users && servers.withoutUsers()) || false : `needs ${needs}`
    test(name, { timeout: 60_000, skip: missing }, async () => {
      const server = await start()
      try {
        const statement = remoteStatement(protocol, server.port, declared ? PASSWORD : undefined)
        const seen = await observeRemote(statement, PASSWORD)
        assert.deepEqual(misfits(credentials, seen), [])
        assert.deepEqual(remoteVerdicts(seen, statement), expected)
        assert.ok(!JSON.stringify(seen).includes(PASSWORD))
        if (seen.answered) keep('remote-credentials', name, seen.value)
        if (ssh === undefined) return
        const offers = await observeSsh(statement)
        assert.deepEqual(misfits(algorithms, offers), [])
        assert.equal(sshVerdict(offers, statement), ssh)
        if (offers.answered) keep('ssh-algorithms', name, offers.value)
      } finally {
        await server.stop()
      }
    })
  }
})
