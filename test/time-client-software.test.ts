import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { startNtp } from '../lab/services/ntp.ts'
import { TIME_IMPOSTORS, type TimeImpostor } from '../suites/observations/time-sync.ts'
import { inPrivateNetwork } from './support/private-network.ts'
import { has } from './support/software.ts'
import { chronyd, deviceAround, judgedOf, ntpdig, observe, type Program } from './support/time-device.ts'

/**
 * Clients that nobody here wrote, against the lab's time server; in a network of their own, for port 123. ntpdig of NTPsec
 * 1.2.2 looks whether the originate timestamp is zero, and no further: an answer recorded once sets its clock.
 */
const PROGRAMS: readonly { name: string; program: Program; believes: readonly TimeImpostor[] }[] = [
  { name: 'chronyd', program: chronyd, believes: [] },
  { name: 'ntpdig', program: ntpdig, believes: ['origin-earlier'] },
]

inPrivateNetwork(import.meta.url, 1, 60, () => {
  for (const { name, program, believes } of PROGRAMS) {
    const skip = has(name) ? false : `needs ${name}`

    test(
      `${name} takes the time from ${['the genuine server', ...believes].join(' and ')} alone`,
      { skip, timeout: 30_000 },
      async (t) => {
        const started = await startNtp({ address: '127.0.0.1', port: 123, now: () => Date.now() * 1000 })
        assert.ok('server' in started, JSON.stringify(started))
        t.after(() => started.server.close())
        const told = async (): Promise<number | null> => {
          const [file = '', ...args] = program.argv('127.0.0.1', 123)
          const said = await new Promise<string>((done) =>
            execFile(file, args, { env: { ...process.env, TZ: 'UTC' } }, (_e, out, err) => done(out + err)),
          )
          const behind = program.behind.exec(said)?.[1]
          return behind === undefined ? null : Number(behind)
        }
        started.server.show({ shows: 'genuine', shift: 150 })
        assert.ok(Math.abs(((await told()) ?? 0) - 150) < 0.1)
        for (const shows of TIME_IMPOSTORS) {
          started.server.show({ shows, shift: 300 })
          assert.equal((await told()) !== null, believes.includes(shows), shows)
          assert.ok(started.server.answers().list.length > 0, shows)
        }
        started.server.show({ shows: 'genuine', shift: 0 })
        assert.ok(Math.abs((await told()) ?? 9) < 0.1)
      },
    )

    test(
      `a device with ${name} inside ${believes.length === 0 ? 'passes' : 'fails'}`,
      { skip, timeout: 30_000 },
      async (t) => {
        const statement = await deviceAround(t, program)
        const seen = await observe(statement)
        const { verdict, codes } = judgedOf(statement, seen)
        assert.equal(verdict, believes.length === 0 ? 'pass' : 'fail', codes.join())
        assert.deepEqual(codes, [
          'clock-read',
          'genuine-followed',
          ...TIME_IMPOSTORS.map((i) => (believes.includes(i) ? `followed-${i}` : 'impostor-refused')),
          'genuine-followed-again',
        ])
        assert.equal(seen.value.servers.at(-1)?.shift, 0)
      },
    )
  }
})
