import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { criterion as onvifLockout } from '../suites/authentication/onvif-login-lockout.ts'
import { criterion as remoteLockout } from '../suites/authentication/remote-login-lockout.ts'
import type { Answered } from '../suites/observation.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import type { OnvifLockout } from '../suites/observations/onvif-lockout.ts'
import type { RemoteAttempt, RemoteCredentials } from '../suites/observations/remote-credentials.ts'
import type { RemoteLockout } from '../suites/observations/remote-lockout.ts'
import { kind as onvifOperations } from '../suites/observations/onvif-operations.ts'
import type { Statement } from '../suites/statement.ts'
import { judged, misfits, type Judged } from './support/authentication.ts'
import { emptyStatement } from './support/bench.ts'
import { fixture, judgeBy } from './support/judging.ts'

/** Guessing at log-ins beside HTTP and RTSP; exchanges are recorded from the reference camera. */

interface Recorded<T> {
  statement: Statement
  subject: string
  seen: Answered<T>
}

const load = (name: string): Recorded<OnvifLockout> =>
  JSON.parse(readFileSync(new URL(`./fixtures/onvif-lockout/${name}.json`, import.meta.url), 'utf8')) as never

function onvif(
  name: string,
  change: (value: OnvifLockout, statement: Statement) => void = () => undefined,
  parameters: unknown = {},
): Judged {
  const recorded = load(name)
  change(recorded.seen.value, recorded.statement)
  assert.deepEqual(misfits(onvifLockout.over, recorded.seen), [])
  return judged(onvifLockout, recorded.seen, { ...recorded, parameters })
}

const silent = (exchange: Exchange): Exchange => ({
  ...exchange,
  rounds: [],
  failure: { code: 'timeout', detail: 'no byte of an answer' },
})
const answering = (exchange: Exchange, status: string, body: string): Exchange => {
  const raw = `HTTP/1.1 ${status}\r\nContent-Type: application/soap+xml\r\n\r\n${body}`
  const answer = { raw: Buffer.from(raw).toString('base64'), length: raw.length, end: 'complete' as const }
  return { ...exchange, failure: null, rounds: [{ elapsed: 1, answer }] }
}
const fault = (subcode: string): string =>
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:e="http://www.onvif.org/ver10/error"><s:Body><s:Fault>' +
  `<s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>e:${subcode}</s:Value></s:Subcode></s:Code>` +
  '<s:Reason><s:Text xml:lang="en">later</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>'

test('onvif-login-lockout: a lock that ends by itself passes, also where it speaks in words of its own', () => {
  const plain = onvif('camera')
  assert.equal(plain.verdict, 'pass', plain.codes.join())
  for (const code of ['locks', 'owner-gets-in', 'comes-back']) assert.ok(plain.codes.includes(code), code)
  const spoken = onvif('camera', (v) => {
    const locked = (e: Exchange): Exchange => answering(e, '500 Internal Server Error', fault('AccountLocked'))
    v.stages[0]!.right = locked(v.stages[0]!.right)
    v.during!.forged = locked(v.during!.forged!)
    v.polls = v.polls.map((p, i) => (i === v.polls.length - 1 ? p : locked(p)))
  })
  assert.equal(spoken.verdict, 'pass', spoken.codes.join())
})

test('onvif-login-lockout: unlimited guesses, a lock-out of everybody and a lock that comes too late fail', () => {
  const open = onvif('camera-no-lock')
  assert.deepEqual([open.verdict, open.codes], ['fail', ['never-locked']])
  const everybody = onvif('camera', (v) => {
    v.during!.owner = v.stages[0]!.right
    v.during!.ownerElsewhere = v.stages[0]!.right
  })
  assert.equal(everybody.verdict, 'fail')
  assert.ok(everybody.codes.includes('owner-locked-out'))
  assert.equal(onvif('camera', undefined, { lockSeconds: 60 }).verdict, 'fail')
})

test('onvif-login-lockout: the duration declared for the web log-in is not demanded of ONVIF', () => {
  const longer = onvif('camera', (_, s) => {
    for (const r of s.bruteForce) r.lockSeconds = 600
  })
  assert.equal(longer.verdict, 'pass', longer.codes.join())
  const forEver = onvif('camera', (v) => {
    v.polls.pop()
    v.returned = false
  })
  assert.deepEqual([forEver.verdict, forEver.codes.includes('does-not-come-back')], ['inconclusive', true])
})

test('onvif-login-lockout: one fault, silence, and an operation that is open prove nothing', () => {
  const busy = onvif('camera', (v) => {
    v.stages[0]!.right = answering(v.stages[0]!.right, '500 Internal Server Error', fault('Busy'))
    v.during!.forged = v.before.spare
    v.polls = [v.before.spare]
  })
  assert.deepEqual([busy.verdict, busy.codes], ['inconclusive', ['right-without-answer']])
  const quiet = onvif('camera', (v) => {
    v.stages[0]!.wrong = v.stages[0]!.wrong.map(silent)
  })
  assert.deepEqual([quiet.verdict, quiet.codes], ['inconclusive', ['tries-without-answer']])
  const public_ = onvif('camera-no-lock', (v) => {
    v.stages[0]!.wrong = v.stages[0]!.wrong.map(() => v.before.spare)
  })
  assert.deepEqual([public_.verdict, public_.codes], ['inconclusive', ['not-protected']])
  const wrong = onvif('camera', (v) => {
    v.before.spare = v.stages[0]!.wrong[0]!
  })
  assert.deepEqual([wrong.verdict, wrong.codes], ['inconclusive', ['right-password-fails']])
})

test('onvif-login-lockout: does not apply where no ONVIF is declared, and wants to be observed where it is', () => {
  const kinds = [onvifLockout.over, onvifOperations]
  assert.deepEqual(onvifLockout.applies(emptyStatement()).answer, 'no')
  const { statement } = load('camera')
  const judgements = judgeBy(onvifLockout, { statement, observations: [], kinds })
  assert.deepEqual(
    judgements.map((j) => [j.subject, j.verdict]),
    [
      ['a/onvif/web/digest', 'inconclusive'],
      ['a/onvif/web/username-token', 'inconclusive'],
    ],
  )
})

/** Attempts at real servers, as they were recorded for the credentials tried there. */
const server = (name: string): RemoteCredentials => fixture(`remote-credentials/${name}.json`) as RemoteCredentials

/** Guessing made of those: five wrong passwords, then the right one and whatever else is given. */
function guessed(name: string, change: (guessing: NonNullable<RemoteLockout['guessing']>) => void): Judged {
  const { family, port, protocol, tls, anonymous, knownBad: wrong, knownGood } = server(name)
  assert.ok(knownGood)
  let at = wrong.at
  const later = (attempt: RemoteAttempt): RemoteAttempt => ({ ...attempt, at: (at += 100_000), elapsed: 50_000 })
  const guessing: NonNullable<RemoteLockout['guessing']> = {
    spare: 'spare',
    owner: 'owner',
    before: { spare: later(knownGood), owner: later(knownGood), other: null },
    stages: [{ wrong: Array.from({ length: 11 }, () => later(wrong)), right: later(knownGood), late: [] }],
    pair: null,
    during: null,
    polls: [],
    returned: true,
  }
  change(guessing)
  const value: RemoteLockout = { family, port, protocol, tls, anonymous, wrong, guessing }
  const seen: Answered<RemoteLockout> = { answered: true, value, controls: [], artifacts: [] }
  assert.deepEqual(misfits(remoteLockout.over, seen), [])
  return judged(remoteLockout, seen, { statement: emptyStatement(), subject: 'a/remote/x' })
}

for (const name of ['openssh', 'telnetd', 'vsftpd', 'mosquitto'])
  test(`remote-login-lockout: ${name} that goes on granting fails, one that refuses for a time passes`, () => {
    const open = guessed(name, () => undefined)
    assert.deepEqual([open.verdict, open.codes], ['fail', ['never-locked']])
    const { knownBad: refused } = server(name)
    const locked = guessed(name, (g) => {
      const [stage] = g.stages
      assert.ok(stage && g.before.owner)
      stage.wrong = stage.wrong.slice(0, 5)
      const right = { ...refused, at: stage.right.at, elapsed: 1000 }
      g.stages = [{ ...stage, right }]
      const after = (micros: number): { at: number; elapsed: number } => ({ at: right.at + micros, elapsed: 1000 })
      g.during = { owner: { ...g.before.owner, ...after(1) }, ownerElsewhere: null, other: null }
      g.polls = [
        { ...refused, ...after(1_500_000) },
        { ...g.before.spare, ...after(3_000_000) },
      ]
    })
    assert.equal(locked.verdict, 'pass', locked.codes.join())
  })

test('remote-login-lockout: a connection lost at the right password is no lock', () => {
  const lost = guessed('openssh', (g) => {
    const [stage] = g.stages
    assert.ok(stage)
    const right: RemoteAttempt = { ...stage.right, steps: [], failure: { code: 'closed', detail: 'closed' } }
    g.stages = [{ ...stage, right }]
    g.during = { owner: g.before.owner, ownerElsewhere: null, other: null }
    g.polls = [g.before.spare]
  })
  assert.deepEqual([lost.verdict, lost.codes], ['inconclusive', ['right-without-answer']])
})

test('remote-login-lockout: where no password is asked for there is nothing to guess, where nobody is refused it is open', () => {
  const without = (name: string, change: (value: RemoteLockout) => void = () => undefined): Judged => {
    const { family, port, protocol, tls, anonymous, knownBad: wrong } = server(name)
    const value: RemoteLockout = { family, port, protocol, tls, anonymous, wrong, guessing: null }
    change(value)
    return judged(
      remoteLockout,
      { answered: true, value, controls: [], artifacts: [] },
      { statement: emptyStatement(), subject: 'a/remote/x' },
    )
  }
  const keys = without('openssh-keys-only')
  assert.deepEqual([keys.verdict, keys.codes], ['pass', ['no-password-log-in']])
  const open = without('mosquitto-open')
  assert.deepEqual([open.verdict, open.codes], ['inconclusive', ['nothing-to-guess']])
  const some = without('openssh-keys-only', (v) => {
    v.wrong = server('openssh').knownBad
  })
  assert.deepEqual([some.verdict, some.codes], ['inconclusive', ['nothing-to-guess']])
})

test('login-lockout: a log-in from elsewhere that may have ended the lock leaves its duration open', () => {
  const ended = onvif(
    'camera',
    (v) => {
      v.during!.elsewhere = v.before.spare
    },
    { lockSeconds: 60 },
  )
  assert.deepEqual([ended.verdict, ended.codes.includes('lock-too-short')], ['inconclusive', true])
  assert.ok(ended.codes.includes('lock-by-address'))
})
