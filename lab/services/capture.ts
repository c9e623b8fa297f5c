import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { pcapReader, type Captured } from '../../suites/facts/pcap.ts'
import type { Traffic } from '../../suites/observations/traffic.ts'

export interface CaptureOptions {
  /** `any` for all of them at once. */
  interface: string
  filter: string
  /** LINKTYPE_ of the capture with each packet; its bytes are good until this returns. */
  take(packet: Captured, link: number): void
}

export interface Capture {
  /** Why it ended by itself, in tcpdump's words; null while it runs. */
  died(): string | null
  /** Ends it; what tcpdump counted, or null where it did not say. */
  end(): Promise<Traffic['counters']>
  kill(): void
}

const PLACES = ['/usr/sbin/tcpdump', '/sbin/tcpdump', '/usr/local/sbin/tcpdump', '/usr/bin/tcpdump']
/** Packets wait here while the lab is busy: a camera's 100 Mbit/s for more than a second. */
const BUFFER_KIB = 16_384
const START_MS = 10_000
const END_MS = 5_000
const MOST_SAID = 4_000

/** tcpdump may lie where only administrators look. */
const tcpdump = (): string => PLACES.find((p) => existsSync(p)) ?? 'tcpdump'

/**
 * Whole packets as tcpdump sees them, within a second: its immediate mode would keep each in a place of the greatest
 * length, of which the buffer has 64, and lose packets on a busy machine. It gives up its privileges and writes to a pipe, so no file is left
 * behind; where the lab is killed, the broken pipe ends it with the next packet. A fault is tcpdump's own words.
 */
export function startCapture({
  interface: on,
  filter,
  take,
}: CaptureOptions): Promise<{ capture: Capture } | { fault: string }> {
  const args = ['-i', on, '-n', '-U', '-B', String(BUFFER_KIB), '-w', '-', filter]
  const child = spawn(tcpdump(), args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C' } })
  let said = ''
  let ended: string | null = null
  const over = new Promise<void>((done) => {
    const finish = (why: string) => {
      ended ??= why
      done()
    }
    child.once('error', (e: NodeJS.ErrnoException) => finish(e.code === 'ENOENT' ? NOT_THERE : e.message))
    child.once('close', (code, signal) => finish(faultIn(said) || `exit ${signal ?? code}`))
  })
  const reader = pcapReader((packet) => take(packet, reader.link() ?? -1))
  child.stdout.on('data', (chunk: Buffer) => {
    // What is no capture any more cannot be trusted with a single packet.
    if (!reader.push(chunk)) child.kill('SIGKILL')
  })
  const kill = () => void child.kill('SIGKILL')
  const capture: Capture = {
    died: () => ended,
    async end() {
      child.kill('SIGTERM')
      const late = setTimeout(kill, END_MS)
      await over
      clearTimeout(late)
      return countersIn(said)
    },
    kill,
  }
  return new Promise((resolve) => {
    const clock = setTimeout(() => {
      kill()
      resolve({ fault: `not listening after ${START_MS / 1000} s: ${faultIn(said)}` })
    }, START_MS)
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('latin1')).slice(-MOST_SAID)
      if (!/listening on /.test(said)) return
      clearTimeout(clock)
      resolve({ capture })
    })
    void over.then(() => {
      clearTimeout(clock)
      resolve({ fault: ended ?? '' })
    })
  })
}

export const NOT_THERE = 'not installed'

/** Its last complaint, without its name. */
function faultIn(said: string): string {
  const lines = said.split('\n').filter((l) => l.startsWith('tcpdump: ') && !/listening on |data link type/.test(l))
  return (lines.at(-1) ?? '').slice('tcpdump: '.length, 300)
}

function countersIn(said: string): Traffic['counters'] {
  const count = (what: string) => new RegExp(`(\\d+) packets? ${what}`).exec(said)?.[1]
  const [captured, received, dropped] = [count('captured'), count('received by filter'), count('dropped by kernel')]
  if (captured === undefined || received === undefined || dropped === undefined) return null
  return {
    captured: Number(captured),
    received: Number(received),
    dropped: Number(dropped),
    // Said only where there were any.
    droppedByInterface: Number(count('dropped by interface') ?? 0),
  }
}
