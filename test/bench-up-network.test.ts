import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { benchHere } from '../lab/inputs.ts'
import type { BenchNetwork } from '../reports/report.ts'
import { startCamseal, type Running } from './support/camseal.ts'
import { inPrivateNetwork } from './support/private-network.ts'
import { has } from './support/software.ts'

/** `camseal bench up` towards clients that nobody here wrote, over a cable (a pair of veth) between two networks. */
const NEEDED = ['dnsmasq', 'udhcpc', 'dig', 'chronyd', 'curl', 'nsenter']
const missing = NEEDED.filter((name) => !has(name))
const NETWORK: BenchNetwork = {
  interface: 'lab0',
  leases: {
    ipv4: { first: '10.77.5.100', last: '10.77.5.150' },
    ipv6: { first: 'fd00:c5::100', last: 'fd00:c5::1ff' },
  },
  names: [{ name: 'cloud.example', address: '10.77.5.1' }],
}

inPrivateNetwork(import.meta.url, 1, 90, () => {
  test(
    'a device gets all it needs, and all it asks is written down',
    {
      skip: missing.length > 0 ? `needs ${missing.join()}` : false,
      timeout: 80_000,
    },
    async (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'bench-network-'))
      t.after(() => rmSync(directory, { recursive: true, force: true }))
      const device = await cable(t)
      const file = join(directory, 'bench.yaml')
      writeFileSync(file, stringify({ ...benchHere('x', { ipv4: '10.77.5.1', ipv6: 'fd00:c5::1' }), network: NETWORK }))
      const up = (out: string): Running => {
        const running = startCamseal(['bench', 'up', '--bench', file, '--out', join(directory, out)], { seconds: 60 })
        t.after(() => running.child.kill('SIGKILL'))
        return running
      }
      const running = up('one')
      await until(running, /Ctrl-C ends it/)

      const script = join(directory, 'bound.sh')
      writeFileSync(
        script,
        '#!/bin/sh\n[ "$1" = bound ] || exit 0\nip addr add $ip/24 dev $interface\nset | grep -E "^(ip|dns|router|ntpsrv)="\n',
      )
      chmodSync(script, 0o755)
      const lease = await device('udhcpc', '-i', 'dut0', '-n', '-q', '-f', '-t', '5', '-s', script)
      assert.match(lease, /^ip='10\.77\.5\.1[0-5]\d'$/m)
      assert.match(lease, /^dns='10\.77\.5\.1'$/m)
      assert.match(lease, /^ntpsrv='10\.77\.5\.1'$/m)
      assert.doesNotMatch(lease, /^router=/m)
      const dig = (...args: string[]) => device('dig', '+tries=1', '+time=3', '@10.77.5.1', ...args)
      assert.match(await dig('cloud.example'), /status: NOERROR[^]*IN\s+A\s+10\.77\.5\.1/)
      assert.match(await dig('elsewhere.example'), /status: NXDOMAIN/)
      assert.match(await dig('+tcp', 'elsewhere.example'), /status: NXDOMAIN/)
      assert.match(
        await device('chronyd', '-u', 'root', '-Q', '-t', '3', 'server 10.77.5.1 iburst maxsamples 1'),
        /System clock wrong by -?0\.0\d+ seconds/,
      )
      const mail = join(directory, 'mail')
      writeFileSync(mail, 'Subject: motion\r\n\r\nat the door\r\n')
      const to = ['--mail-from', 'cam@x', '--mail-rcpt', 'owner@y', '--user', 'cam:geheim', '-T', mail]
      await device('curl', '-sS', '-m', '5', '--url', 'smtp://10.77.5.1', ...to)
      let six = ''
      for (let i = 0; i < 60 && !/inet6 fd00:c5:/.test(six); i++) {
        await sleep(250)
        six = await device('ip', '-6', 'addr', 'show', 'dut0')
      }
      assert.match(six, /inet6 fd00:c5:/, 'an address by router advertisement')
      const routes = `${await device('ip', 'route')}${await device('ip', '-6', 'route')}`
      assert.doesNotMatch(routes, /default/, 'nothing leads out')

      running.child.kill('SIGINT')
      const ended = await running.ended
      assert.equal(ended.code, 0, ended.stderr)
      assert.deepEqual(programs(join(directory, 'one')), [])
      const text = readFileSync(join(directory, 'one', 'records.ndjson'), 'utf8')
      const records = text
        .trim()
        .split('\n')
        .map((l) => JSON.parse(l) as Record<string, unknown>)
      const address = /^ip='([\d.]+)'$/m.exec(lease)?.[1]
      const seen = (service: string) => records.filter((r) => r.service === service)
      assert.ok(seen('dhcp').some((r) => r.what === 'DHCPACK' && String(r.told).startsWith(address ?? '-')))
      assert.deepEqual(
        seen('dns').map((r) => r.name),
        ['cloud.example', 'elsewhere.example', 'elsewhere.example'],
      )
      assert.ok([...seen('dns'), ...seen('ntp'), ...seen('mail')].every((r) => r.source === address))
      assert.ok(seen('ntp').length > 0)
      assert.deepEqual(
        seen('mail').map((r) => [r.user, r.sender, r.recipients]),
        [['cam', 'cam@x', ['owner@y']]],
      )
      assert.ok(!text.includes('geheim'))

      // A port that is taken: nothing is left of what was started before it.
      const first = up('two')
      await until(first, /Ctrl-C ends it/)
      const refused = await up('three').ended
      assert.equal(refused.code, 4, refused.stdout)
      assert.match(refused.stderr, /EADDRINUSE/)
      // Whoever ends it, and how: dnsmasq goes, too.
      first.child.kill('SIGKILL')
      await first.ended
      for (let i = 0; i < 40 && programs(join(directory, 'two')).length > 0; i++) await sleep(50)
      assert.deepEqual(programs(join(directory, 'two')), [])

      execFileSync('ip', ['route', 'add', 'default', 'via', '10.77.5.9'])
      const routed = await up('four').ended
      assert.equal(routed.code, 3)
      assert.match(routed.stderr, /default route/)
    },
  )
})

/** A device in a network of its own at the other end of a cable; runs a program there and gives what it printed. */
async function cable(t: TestContext): Promise<(file: string, ...args: string[]) => Promise<string>> {
  const ip = (...args: string[]) => execFileSync('ip', args)
  ip('link', 'add', 'lab0', 'type', 'veth', 'peer', 'name', 'dut0')
  const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; exec sleep 80'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.after(() => holder.kill('SIGKILL'))
  await new Promise((done) => holder.stdout.once('data', done))
  const inside = ['-t', String(holder.pid), '-n']
  const device = (file: string, ...args: string[]): Promise<string> =>
    new Promise((done) => {
      execFile('nsenter', [...inside, file, ...args], { timeout: 20_000 }, (_e, out, err) => done(`${out}${err}`))
    })
  ip('link', 'set', 'dut0', 'netns', String(holder.pid))
  // Nobody else is there to have the same address.
  writeFileSync('/proc/sys/net/ipv6/conf/lab0/accept_dad', '0')
  ip('addr', 'add', '10.77.5.1/24', 'dev', 'lab0')
  ip('-6', 'addr', 'add', 'fd00:c5::1/64', 'dev', 'lab0', 'nodad')
  ip('link', 'set', 'lab0', 'up')
  await device('ip', 'link', 'set', 'lo', 'up')
  await device('ip', 'link', 'set', 'dut0', 'up')
  return device
}

async function until({ child, ended }: Running, said: RegExp): Promise<void> {
  let out = ''
  const ready = new Promise<true>((done) =>
    child.stdout?.on('data', (d: Buffer) => {
      out += d.toString('utf8')
      if (said.test(out)) done(true)
    }),
  )
  const first = await Promise.race([ready, ended])
  if (first !== true) assert.fail(`${first.stdout}${first.stderr}`)
}

/** Processes that name a folder on their command line. */
const programs = (directory: string): string[] =>
  execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((l) => l.includes(directory) && l.includes('dnsmasq'))
