import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, readlinkSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

/** The device at the other end of a cable, with the lab as its gateway. */
export const DEVICE = '10.78.0.10'
export const LAB = '10.78.0.1'
/** Addresses out in the world, where the lab answers in this test. */
export const WORLD = ['203.0.113.9', '198.51.100.7'] as const
export const MAC = '02:00:00:78:00:10'

export interface LinkedDevice {
  /** The lab's end of the cable. */
  interface: string
  /** A program on the device; its output when it has ended, well or not. */
  run(...argv: string[]): Promise<string>
  /** A program that stays. */
  start(...argv: string[]): ChildProcess
}

const sh = (line: string) => {
  const ran = spawnSync('sh', ['-c', line], { encoding: 'utf8', timeout: 10_000 })
  assert.equal(ran.status, 0, `${line}: ${ran.stderr}`)
}

/** A network namespace as a device, linked to this one by a virtual cable; inside a private network only. */
export async function linkedDevice(t: TestContext): Promise<LinkedDevice> {
  const body = spawn('unshare', ['--net', 'sleep', '600'], { stdio: 'ignore' })
  t.after(() => body.kill('SIGKILL'))
  const own = readlinkSync('/proc/self/ns/net')
  const place = `/proc/${body.pid}/ns/net`
  for (let i = 0; i < 200 && (!existsSync(place) || readlinkSync(place) === own); i++) await sleep(10)
  const inside = `nsenter --net=${place}`
  sh(`ip link add cable type veth peer name eth0 netns ${body.pid}`)
  sh(`ip addr add ${LAB}/24 dev cable && ip link set cable up`)
  for (const address of WORLD) sh(`ip addr replace ${address}/32 dev lo`)
  sh(`${inside} ip link set lo up && ${inside} ip link set eth0 address ${MAC}`)
  sh(`${inside} ip addr add ${DEVICE}/24 dev eth0 && ${inside} ip link set eth0 up`)
  sh(`${inside} ip route add default via ${LAB}`)
  t.after(() => spawnSync('ip', ['link', 'del', 'cable']))
  const start = (...argv: string[]) => {
    const child = spawn('nsenter', [`--net=${place}`, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
    t.after(() => child.kill('SIGKILL'))
    return child
  }
  return {
    interface: 'cable',
    start,
    run(...argv) {
      const child = start(...argv)
      let out = ''
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (d: Buffer) => (out += d.toString('utf8')))
      return new Promise((done) => child.once('close', () => done(out)))
    },
  }
}
