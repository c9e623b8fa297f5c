import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { criterion as lockout } from '../suites/authentication/login-lockout.ts'
import { criterion as rtspLockout } from '../suites/authentication/rtsp-login-lockout.ts'
import { criterion as evaded } from '../suites/authentication/lockout-not-evaded.ts'
import { criterion as anonymousAccess } from '../suites/authentication/no-anonymous-access.ts'
import { criterion as anonymousStream } from '../suites/authentication/no-anonymous-stream.ts'
import { criterion as httpDefaults } from '../suites/authentication/no-default-credentials.ts'
import { criterion as rtspDefaults } from '../suites/authentication/no-default-rtsp-credentials.ts'
import { challengesOf, parseChallenges } from '../suites/facts/challenge.ts'
import { defaultPasswords, httpPaths, isListed, rtspPaths } from '../suites/facts/catalogue.ts'
import { isReusable, messageEnd, parseMessage, type HttpMessage } from '../suites/facts/http-message.ts'
import { readFrames } from '../suites/facts/interleaved.ts'
import { proves, secretIn } from '../suites/facts/leak.ts'
import { alike, similarity } from '../suites/facts/likeness.ts'
import { lockLasted } from '../suites/facts/lock.ts'
import { controlUrl, parseSdp } from '../suites/facts/sdp.ts'
import type { Answered, State } from '../suites/observation.ts'
import type { CredentialTries } from '../suites/observations/credential-tries.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import { kind as httpAnonymousKind, type HttpAnonymous } from '../suites/observations/http-anonymous.ts'
import { kind as httpLockoutKind } from '../suites/observations/http-lockout.ts'
import type { Lockout } from '../suites/observations/lockout.ts'
import type { RtspAnonymous } from '../suites/observations/rtsp-anonymous.ts'
import type { Statement } from '../suites/statement.ts'
import { pollTimes } from '../lab/probes/poll-times.ts'
import { catalogueData, judged, misfits, type Judged } from './support/authentication.ts'
import { emptyStatement } from './support/bench.ts'

interface Fixture<T> {
  origin: string
  statement: Statement
  state: State
  subject: string
  seen: Answered<T>
}

const load = <T>(kind: string, name: string): Fixture<T> =>
  JSON.parse(readFileSync(new URL(`./fixtures/${kind}/${name}.json`, import.meta.url), 'utf8')) as Fixture<T>

/** Judges a fixture, changed first where that is asked. */
function verdictOf<T>(
  criterion: Parameters<typeof judged<T>>[0],
  name: string,
  { parameters = {}, change }: { parameters?: unknown; change?: (f: Fixture<T>) => void } = {},
): Judged {
  const fixture = load<T>(criterion.over.id, name)
  change?.(fixture)
  assert.deepEqual(misfits(criterion.over, fixture.seen), [], `${name} fits its schema`)
  return judged(criterion, fixture.seen, { ...fixture, parameters })
}

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0))
const message = (text: string): HttpMessage => parseMessage(bytes(text))
const raw = (text: string): string => Buffer.from(text, 'latin1').toString('base64')
const failed = (exchange: Exchange): Exchange => ({
  ...exchange,
  rounds: [],
  failure: { code: 'timeout', detail: 'no byte of an answer' },
})
/** The same exchange with another last answer. */
const answering = (exchange: Exchange, text: string): Exchange => ({
  ...exchange,
  failure: null,
  rounds: [
    ...exchange.rounds.slice(0, -1),
    { elapsed: 1, answer: { raw: raw(text), length: text.length, end: 'complete' } },
  ],
})
const isDecided = ({ findings }: Judged, code: string): boolean =>
  findings.some((f) => f.message.code === code && f.cites.length > 0)

for (const criterion of [httpDefaults, rtspDefaults]) {
  const names =
    criterion === httpDefaults
      ? { sound: ['lighttpd-digest', 'camera'], open: 'busybox-open', wrong: 'busybox-wrong-declared' }
      : { sound: ['gst-account', 'camera'], open: 'gst-open', wrong: 'gst-wrong-declared' }
  type C = typeof httpDefaults
  const judge = (
    name: string,
    more: { parameters?: unknown; change?: (f: Fixture<CredentialTries>) => void } = {},
  ): Judged => verdictOf<CredentialTries>(criterion as C, name, more)

  test(`${criterion.id}: refused between log-ins that work passes`, () => {
    for (const name of names.sound) {
      const result = judge(name)
      assert.equal(result.verdict, 'pass', `${name}: ${result.codes.join()}`)
      assert.ok(isDecided(result, 'defaults-refused'))
    }
  })
  test(`${criterion.id}: a published password that works fails`, () => {
    const result = judge(names.open)
    assert.equal(result.verdict, 'fail')
    assert.deepEqual(
      result.findings.filter((f) => f.is === 'violation').map((f) => f.message.values),
      [{ user: 'admin', password: '12345' }],
    )
  })
  test(`${criterion.id}: a published password is found also where the declared one is wrong`, () => {
    if (criterion === rtspDefaults) return
    const result = judge('busybox-open-wrong-declared')
    assert.deepEqual([result.verdict, result.codes], ['fail', ['default-accepted']])
    const locking = judge('busybox-open-wrong-declared', {
      change: ({ seen: { value: v } }) => {
        for (const r of v.repeats) r.bad = r.again
      },
    })
    assert.deepEqual(
      [locking.verdict, locking.codes],
      ['inconclusive', ['default-unclear']],
      'the random password got in as well',
    )
  })
  test(`${criterion.id}: a declared password that does not work, a lock that did not end, and silence are inconclusive`, () => {
    assert.deepEqual(judge(names.wrong), {
      ...judge(names.wrong),
      verdict: 'inconclusive',
      codes: ['declared-does-not-work'],
    })
    const [sound = ''] = names.sound
    const locked = judge(sound, {
      change: ({ seen: { value: v } }) => {
        for (const b of v.batches) b.control = v.knownBad
      },
    })
    assert.equal(locked.verdict, 'inconclusive')
    assert.ok(locked.codes.includes('tries-undecided'))
    const silent = judge(sound, {
      change: ({ seen: { value: v } }) => {
        v.knownBad = failed(v.knownBad)
      },
    })
    assert.deepEqual([silent.verdict, silent.codes], ['inconclusive', ['no-answer']])
    const halfway = judge(sound, {
      change: ({ seen: { value: v } }) => {
        v.complete = false
        v.stopped = 'locked'
      },
    })
    assert.equal(halfway.verdict, 'inconclusive')
    const open = judge(sound, {
      change: ({ seen: { value: v } }) => {
        v.knownBad = v.knownGood
      },
    })
    assert.deepEqual([open.verdict, open.codes], ['inconclusive', ['not-protected']])
  })
  test(`${criterion.id}: a device that gives everything for 200 is judged by content`, () => {
    const [sound = ''] = names.sound
    const page =
      'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body>Error 7: wrong user or password, please try again</body></html>'
    const lying = (v: CredentialTries): void => {
      v.knownBad = answering(v.knownBad, page)
      for (const b of v.batches) b.tries = b.tries.map((t) => answering(t, page))
    }
    assert.equal(judge(sound, { change: ({ seen }) => lying(seen.value) }).verdict, 'pass')
    const granted = judge(sound, {
      change: ({ seen: { value: v } }) => {
        lying(v)
        const [batch] = v.batches
        if (batch?.tries[0]) batch.tries[0] = { ...v.knownGood, request: batch.tries[0].request }
      },
    })
    assert.equal(granted.verdict, 'fail')
    assert.ok(granted.codes.includes('default-accepted'))
  })
  test(`${criterion.id}: before the first set-up`, () => {
    const fresh = judge('camera-fresh')
    assert.deepEqual([fresh.verdict, fresh.codes], ['pass', ['no-log-in-before-set-up']])
    assert.equal(
      judge('camera-fresh', {
        change: ({ statement }) => {
          delete statement.actions.initialise
        },
      }).verdict,
      'inconclusive',
    )
    const factory = (f: Fixture<CredentialTries>): void => {
      f.state = 'factory-fresh'
    }
    assert.equal(judge(names.open, { change: factory }).verdict, 'fail')
    const allowed = judge(names.open, { change: factory, parameters: { inFactoryState: 'allowed' } })
    assert.equal(allowed.verdict, 'pass')
    assert.ok(isDecided(allowed, 'default-before-first-use'))
    assert.equal(
      judge(names.open, { parameters: { inFactoryState: 'allowed' } }).verdict,
      'fail',
      'in service it is never allowed',
    )
  })
  test(`${criterion.id}: a listed declared password fails also where the tries did not reach it`, () => {
    const [sound = ''] = names.sound
    const result = judge(sound, {
      change: ({ seen }) => {
        seen.value.declaredIsListed = true
      },
    })
    assert.equal(result.verdict, 'fail')
    assert.ok(result.codes.includes('declared-is-listed'))
  })
  test(`${criterion.id}: a password that the maker publishes fails although it is on no list`, () => {
    const [sound = ''] = names.sound
    const published = (state: 'factory-fresh' | 'in-service', parameters = {}) => {
      const { verdict, codes } = judge(sound, {
        parameters,
        change: (f) => {
          f.state = state
          f.seen.value.knownGood.request.credential = { user: 'admin', secret: 'hackme', published: true }
        },
      })
      return [verdict, codes.filter((c) => c !== 'defaults-refused')]
    }
    assert.deepEqual(published('in-service'), ['fail', ['declared-is-published']])
    assert.deepEqual(published('in-service', { inFactoryState: 'allowed' }), ['fail', ['declared-is-published']])
    assert.deepEqual(published('factory-fresh', { inFactoryState: 'allowed' }), ['pass', []])
  })
}

const access = (name: string, change?: (f: Fixture<HttpAnonymous>) => void): Judged =>
  verdictOf(anonymousAccess, name, change ? { change } : {})
const violations = ({ findings }: Judged): string[] =>
  findings.filter((f) => f.is === 'violation').map((f) => `${f.message.code} ${String(f.message.values['target'])}`)

test('no-anonymous-access: pass, with refusals beside the logged-in twin', () => {
  for (const name of ['lighttpd-digest', 'camera', 'camera-fresh']) {
    const result = access(name)
    assert.equal(result.verdict, 'pass', `${name}: ${result.codes.join()}`)
    assert.ok(isDecided(result, 'paths-give-nothing'))
  }
  assert.ok(isDecided(access('camera'), 'protected-refused'))
  assert.ok(isDecided(access('camera-fresh'), 'refused-before-set-up'))
})

test('no-anonymous-access: open pictures, files and settings fail, and nothing else does', () => {
  assert.deepEqual(violations(access('busybox-open')), [
    'undeclared-given /tmpfs/auto.jpg',
    'undeclared-given /config.ini',
  ])
  assert.deepEqual(violations(access('camera-snapshot')), ['protected-given /snapshot.jpg'])
  const motion = access('motion-control')
  assert.equal(motion.verdict, 'fail')
  assert.ok(violations(motion).includes('undeclared-given /'))
})

test('no-anonymous-access: inconclusive where the twin, the answer or the end is missing', () => {
  const wrong = access('busybox-wrong-declared', ({ seen: { value: v } }) => {
    v.visits = v.visits.filter((x) => !/auto\.jpg|config\.ini/.test(x.target))
  })
  assert.equal(wrong.verdict, 'inconclusive')
  assert.deepEqual(
    wrong.codes.filter((c) => c !== 'paths-give-nothing'),
    ['genuine-not-seen', 'genuine-not-seen'],
  )
  const part = (change: (v: HttpAnonymous) => void): Judged =>
    access('lighttpd-digest', ({ seen }) => change(seen.value))
  assert.equal(
    part((v) => {
      v.complete = false
    }).verdict,
    'inconclusive',
  )
  assert.equal(
    part((v) => {
      v.visits[3]!.anonymous = failed(v.visits[3]!.anonymous)
      v.visits.at(-1)!.anonymous = failed(v.visits.at(-1)!.anonymous)
    }).verdict,
    'inconclusive',
  )
  assert.equal(
    access('lighttpd-digest', ({ seen }) => {
      seen.controls[0]!.ok = false
    }).verdict,
    'inconclusive',
  )
})

test('no-anonymous-access: 200 is no leak, and 200 for everything hides none', () => {
  const front =
    'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><form>Please log in <input type="password" name="password" value="x"></form></html>'
  const everywhere = (v: HttpAnonymous): void => {
    for (const visit of v.visits) visit.anonymous = answering(visit.anonymous, front)
  }
  assert.equal(access('lighttpd-digest', ({ seen }) => everywhere(seen.value)).verdict, 'pass')
  const leaking = access('lighttpd-digest', ({ seen: { value: v } }) => {
    everywhere(v)
    const visit = v.visits.find((x) => x.access === 'protected')!
    visit.anonymous = visit.genuine!
  })
  assert.deepEqual(violations(leaking), ['protected-given /config/'])
})

test('no-anonymous-access: what is cut off, garbage, or another content with every read is no refusal', () => {
  const first = (change: (visit: HttpAnonymous['visits'][number]) => void): Judged =>
    access('lighttpd-digest', ({ seen: { value: v } }) => change(v.visits.find((x) => x.access === 'protected')!))
  const ended = (exchange: Exchange, text: string, end: 'complete' | 'timeout' | 'reset'): Exchange => {
    const made = answering(exchange, text)
    made.rounds.at(-1)!.answer.end = end
    return made
  }
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 900\r\n\r\n'
  const compressed =
    head + Array.from({ length: 900 }, (_, i) => String.fromCharCode((i * 7919 + i * i) % 251)).join('')
  for (const [text, end, expected] of [
    [head, 'timeout', 'unclear'],
    [head, 'reset', 'unclear'],
    [`${head}part`, 'timeout', 'unclear'],
    [compressed, 'complete', 'unclear'],
    ['\x00\x01 no HTTP at all', 'complete', 'no-answer'],
    ['HTTP/1.1 200 OK\r\n\r\n{"error":"please log in"}', 'complete', null],
    ['HTTP/1.1 200 OK\r\n\r\n<input name=p type="password">', 'complete', null],
    ['HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n', 'timeout', null],
  ] as const) {
    const result = first((visit) => (visit.anonymous = ended(visit.anonymous, text, end)))
    assert.equal(
      result.verdict,
      expected === null ? 'pass' : 'inconclusive',
      `${text.slice(0, 40)} ${result.codes.join()}`,
    )
    if (expected) assert.ok(result.codes.includes(expected), result.codes.join())
  }
  const known = access('lighttpd-digest', ({ seen: { value: v } }) => {
    const visit = v.visits.find((x) => x.source === 'catalogue')!
    visit.anonymous = ended(visit.anonymous, head, 'timeout')
  })
  assert.deepEqual([known.verdict, known.codes.includes('paths-without-answer')], ['inconclusive', true])
  // icecast 2.4 closes on a path with dots, each time, and answers everything else.
  const refused = (code: 'closed' | 'reset', source: string) =>
    access('lighttpd-digest', ({ seen: { value: v } }) => {
      const visit = v.visits.find((x) => x.source === source && x.access !== 'public')!
      visit.anonymous = { ...visit.anonymous, rounds: [], failure: { code, detail: 'no byte of an answer' } }
    }).verdict
  assert.equal(refused('closed', 'catalogue'), 'pass')
  assert.equal(refused('reset', 'catalogue'), 'inconclusive')
  assert.equal(refused('closed', 'declared'), 'inconclusive')
})

test('nothing declared to be protected: well-known paths that give nothing away prove nothing', () => {
  const undeclared = ({ statement, seen: { value } }: Fixture<HttpAnonymous>): void => {
    statement.resources = []
    value.visits = value.visits.filter((v) => v.access !== 'protected')
    for (const v of value.visits) v.access = null
  }
  assert.deepEqual(access('lighttpd-digest', undeclared).codes, ['nothing-declared-protected'])
  const refusing = access('lighttpd-digest', (f) => {
    undeclared(f)
    for (const v of f.seen.value.visits)
      v.anonymous = answering(v.anonymous, 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n')
  })
  assert.deepEqual([refusing.verdict, refusing.codes], ['pass', ['paths-give-nothing']])
  const stream = streams('gst-account', ({ statement, seen: { value } }) => {
    statement.resources = []
    value.visits = value.visits.filter((v) => v.source !== 'declared')
  })
  assert.deepEqual([stream.verdict, stream.codes], ['inconclusive', ['nothing-declared-protected']])
})

test('no-anonymous-access: a public page that gives a password away, and one that masks it', () => {
  const page =
    (value: string) =>
    (f: Fixture<HttpAnonymous>): void => {
      const visit = f.seen.value.visits.find((v) => v.access === 'public')!
      visit.anonymous = answering(
        visit.anonymous,
        `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nname=x\nwifi.psk=${value}\n`,
      )
    }
  assert.deepEqual(violations(access('lighttpd-digest', page('hunter22'))), ['public-gives-secret /'])
  assert.equal(access('lighttpd-digest', page('********')).verdict, 'inconclusive')
})

test('secrets: configurations give them, forms and flags do not', () => {
  const said = (type: string, body: string): string =>
    secretIn(message(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n\r\n${body}`))
  for (const body of [
    'password=abc12',
    'admin_passwd = "x9z"',
    '<AdminPassword>abc</AdminPassword>',
    '{"wifi":{"psk":"abcdefgh"}}',
    "var pwd='s3cret';",
    'Users[0].Password=7C4A8D',
  ])
    assert.equal(said('text/plain', body), 'given', body)
  for (const body of [
    'password=',
    'passwordRequired=true',
    'password=yes',
    '<Password></Password>',
    '{"password":""}',
    'keypsker=1',
    '<xs:element name="password" type="xs:string"/>',
    'forgot password? ask',
  ])
    assert.equal(said('text/plain', body), 'none', body)
  assert.equal(said('text/html', 'password=abc12'), 'none')
  assert.equal(said('text/plain', 'password=****'), 'masked')
  const log = 'Nov 21 10:00:01 cam login ok\nNov 21 10:00:02 cam x\nNov 21 10:00:03 cam y\n'
  assert.equal(proves(message(`HTTP/1.1 200 OK\r\n\r\n${log}`), { log: true }), 'yes')
  assert.equal(proves(message('HTTP/1.1 200 OK\r\n\r\n<html>2026-01-01 10:00</html>'), { log: true }), 'no')
})

const streams = (name: string, change?: (f: Fixture<RtspAnonymous>) => void): Judged =>
  verdictOf(anonymousStream, name, change ? { change } : {})

test('no-anonymous-stream: pass, fail and inconclusive', () => {
  for (const name of ['gst-account', 'camera', 'camera-fresh'])
    assert.equal(streams(name).verdict, 'pass', `${name}: ${streams(name).codes.join()}`)
  assert.deepEqual(violations(streams('gst-open')), ['undeclared-flows /h264/sub'])
  assert.deepEqual(violations(streams('gst-open-declared')), ['protected-flows /h264/sub'])
  assert.deepEqual(
    streams('gst-wrong-declared').codes.filter((c) => c !== 'paths-give-nothing'),
    ['genuine-does-not-flow'],
  )
  assert.equal(streams('gst-wrong-declared').verdict, 'inconclusive')
  assert.equal(
    streams('gst-account', ({ seen }) => {
      seen.value.complete = false
    }).verdict,
    'inconclusive',
  )
})

test('no-anonymous-stream: a description alone is a suspicion, a refused SETUP is a refusal', () => {
  const open = (change: (v: RtspAnonymous['visits'][number]) => void): Judged =>
    streams('gst-open', ({ seen }) => change(seen.value.visits.find((v) => v.target === '/h264/sub')!))
  const without = open((v) => {
    v.anonymous.played!.media = { elapsed: 1, packets: 0, bytes: 0, control: 0 }
  })
  assert.equal(without.verdict, 'inconclusive')
  assert.ok(without.codes.includes('described-only'))
  const refused = open((v) => {
    const { played } = v.anonymous
    played!.setup = answering(played!.setup, 'RTSP/1.0 401 Unauthorized\r\nCSeq: 3\r\n\r\n')
    played!.play = null
    played!.media = null
  })
  assert.equal(refused.verdict, 'pass')
})

const locks = (name: string, parameters: unknown = {}, change?: (f: Fixture<Lockout>) => void): Judged =>
  verdictOf(lockout, name, change ? { parameters, change } : { parameters })

test('login-lockout: a lock that holds, spares the owner and ends passes', () => {
  for (const parameters of [{}, { failures: 5, windowSeconds: 30, lockSeconds: 2 }]) {
    const result = locks('camera', parameters)
    assert.equal(result.verdict, 'pass', result.codes.join())
    for (const code of ['locks', 'owner-gets-in', 'comes-back']) assert.ok(isDecided(result, code), code)
  }
})

test('login-lockout: no lock, a short one, a late one, one for everybody and one without end fail', () => {
  for (const name of ['busybox-open', 'camera-no-lock'])
    assert.deepEqual([locks(name).verdict, locks(name).codes], ['fail', ['never-locked']])
  assert.ok(isDecided(locks('camera', { lockSeconds: 60 }), 'lock-too-short'))
  const late = locks('camera', { failures: 4 }, ({ seen: { value: v } }) => {
    v.stages.unshift({ wrong: v.stages[0]!.wrong, right: v.before.spare, late: [v.before.spare] })
  })
  assert.deepEqual([late.verdict, late.codes[0]], ['fail', 'locks-too-late'])
  const everybody = locks('camera', {}, ({ seen: { value: v } }) => {
    v.during!.owner = v.stages[0]!.right
    v.during!.ownerElsewhere = v.stages[0]!.right
  })
  assert.ok(isDecided(everybody, 'owner-locked-out'))
  assert.equal(everybody.verdict, 'fail')
  const forEver = locks('camera', {}, ({ seen: { value: v } }) => {
    v.polls.pop()
    v.returned = false
  })
  assert.deepEqual([forEver.verdict, isDecided(forEver, 'does-not-come-back')], ['fail', true])
})

test('lockout-not-evaded: a forged sender address opens nothing while the lock holds', () => {
  const of = (name: string, change?: (v: Lockout) => void): (string | undefined)[] => {
    const { verdict, codes } = verdictOf(evaded, name, { change: ({ seen }) => change?.(seen.value) })
    return [verdict, ...codes]
  }
  assert.deepEqual(of('camera'), ['pass', 'forged-address-refused'])
  const open = (v: Lockout): void => {
    v.during!.forged = v.before.spare
  }
  assert.deepEqual(of('camera', open), ['fail', 'forged-address-opens'])
  const ended = (v: Lockout): void => {
    v.polls = v.polls.slice(-1)
  }
  assert.deepEqual(of('camera', ended), ['inconclusive', 'lock-ended'])
  assert.deepEqual(
    of('camera', (v) => {
      open(v)
      ended(v)
    }),
    ['inconclusive', 'forged-address-opens'],
  )
  assert.deepEqual(of('busybox-open'), ['inconclusive', 'no-lock'])
  assert.deepEqual(
    of('camera', (v) => {
      v.before.spare = v.stages[0]!.wrong[0]!
    }),
    ['inconclusive', 'log-in-unproven'],
  )
})

test('login-lockout: inconclusive near the limit, without a second account, after silence, and for too many failures', () => {
  assert.deepEqual(
    locks('camera', { lockSeconds: 3 }).codes.filter((c) => c.startsWith('lock-')),
    ['lock-near-limit'],
  )
  assert.equal(locks('camera', { lockSeconds: 3 }).verdict, 'inconclusive')
  assert.equal(locks('camera', { lockSeconds: 3, resolutionMilliseconds: 1500 }).verdict, 'pass')
  const alone = locks('camera', {}, ({ seen: { value: v } }) => {
    v.owner = null
    v.before.owner = null
  })
  assert.deepEqual([alone.verdict, alone.codes.includes('owner-unknown')], ['inconclusive', true])
  const once = locks('camera', {}, ({ seen: { value: v } }) => {
    const [stage] = v.stages
    stage!.right = failed(stage!.right)
    v.during!.forged = v.before.spare
    v.polls = [v.before.spare]
  })
  assert.deepEqual([once.verdict, once.codes], ['inconclusive', ['right-without-answer']])
  assert.deepEqual(locks('camera', { failures: 3 }).codes[0], 'count-unclear')
  assert.equal(locks('busybox-open', { failures: 40 }).verdict, 'inconclusive')
})

/** Every exchange of the attack in the order of time, as a place that can be changed. */
const placesOf = (v: Lockout): { get: () => Exchange; set: (e: Exchange) => void }[] => {
  const all: { get: () => Exchange; set: (e: Exchange) => void }[] = []
  const of = <T extends object>(owner: T, key: keyof T): void => {
    if (owner[key]) all.push({ get: () => owner[key] as Exchange, set: (e) => (owner[key] = e as T[keyof T]) })
  }
  for (const stage of v.stages) {
    stage.wrong.forEach((_, i) => of(stage.wrong, i))
    of(stage, 'right')
    stage.late.forEach((_, i) => of(stage.late, i))
  }
  if (v.during) for (const key of ['owner', 'ownerElsewhere', 'other', 'forged'] as const) of(v.during, key)
  v.polls.forEach((_, i) => of(v.polls, i))
  return all.sort((a, b) => a.get().at - b.get().at)
}

test('lock-outs: a network that is lost in the midst of it proves neither a lock nor the lack of one', () => {
  for (const [criterion, name] of [
    [lockout, 'camera'],
    [lockout, 'camera-no-lock'],
    [lockout, 'busybox-open'],
    [evaded, 'camera'],
    [evaded, 'busybox-open'],
  ] as const) {
    const whole = verdictOf(criterion, name)
    const count = placesOf(load<Lockout>(criterion.over.id, name).seen.value).length
    assert.ok(count > 10, `${name} holds ${count} exchanges`)
    for (let from = 0; from < count; from++)
      for (let to = from + 1; to <= count; to++) {
        const lost = verdictOf<Lockout>(criterion, name, {
          change: ({ seen: { value } }) =>
            placesOf(value)
              .slice(from, to)
              .forEach((place) => place.set(failed(place.get()))),
        })
        const told = `${criterion.id} of ${name}, silent from ${from} to ${to} of ${count}: ${lost.codes.join()}`
        assert.ok([whole.verdict, 'inconclusive'].includes(lost.verdict), `${lost.verdict}: ${told}`)
        if (criterion === lockout && to === count) assert.equal(lost.verdict, 'inconclusive', told)
      }
  }
  const neverAgain = locks('camera', {}, ({ seen: { value: v } }) => {
    v.polls[v.polls.length - 1] = failed(v.polls.at(-1)!)
  })
  assert.deepEqual([neverAgain.verdict, neverAgain.codes.includes('does-not-answer-again')], ['inconclusive', true])
  const nobody = locks('camera', {}, ({ seen: { value: v } }) => {
    v.during!.ownerElsewhere = v.during!.owner
    for (const place of placesOf(v).slice(v.stages[0]!.wrong.length + 1)) place.set(failed(place.get()))
  })
  assert.deepEqual([nobody.verdict, nobody.codes.includes('owner-without-answer')], ['inconclusive', true])
})

test('login-lockout: a lock that counts within a window is not missed where the guesses came more slowly', () => {
  const slowly = ({ seen: { value: v } }: Fixture<Lockout>): void =>
    placesOf(v).forEach((place, i) => place.set({ ...place.get(), at: place.get().at + i * 2_000_000 }))
  const declared = verdictOf<Lockout>(lockout, 'camera-no-lock', { parameters: { windowSeconds: 5 }, change: slowly })
  assert.deepEqual([declared.verdict, declared.codes], ['inconclusive', ['slower-than-window']])
  assert.equal(locks('camera-no-lock', { windowSeconds: 5 }).verdict, 'fail')
})

test('login-lockout: a lock that comes late is measured from the grant before it', () => {
  const late = locks('camera', { lockSeconds: 2 }, ({ seen: { value: v } }) => {
    const [stage] = v.stages
    const { at } = stage!.right
    stage!.late = [{ ...v.before.spare, at: at - 1000, elapsed: 500 }, stage!.right]
    stage!.right = { ...v.before.spare, at: at - 3000, elapsed: 500 }
  })
  assert.equal(late.verdict, 'pass', late.codes.join())
  const never = locks('camera', {}, ({ seen: { value: v } }) => {
    const [stage] = v.stages
    stage!.right = v.before.spare
    stage!.late = [v.before.spare]
  })
  assert.notEqual(never.verdict, 'pass')
})

test('login-lockout: an answer of 200 with an error page is a lock when the right password gets it', () => {
  const page = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"error":"account locked, try later"}'
  const result = locks('camera', {}, ({ seen: { value: v } }) => {
    v.stages[0]!.right = answering(v.stages[0]!.right, page)
    v.during!.forged = answering(v.during!.forged!, page)
    v.polls = v.polls.map((p, i) => (i === v.polls.length - 1 ? p : answering(p, page)))
  })
  assert.equal(result.verdict, 'pass', result.codes.join())
})

test('login-lockout: slow answers stop guessing only where several connections are slow together', () => {
  const limits = { failures: 10, lockSeconds: 10 }
  const delaying = (parameters: unknown, change?: (f: Fixture<Lockout>) => void) =>
    locks('lighttpd-digest', parameters, (f) => {
      for (const row of f.statement.bruteForce) row.protection = 'delay'
      change?.(f)
    })
  const slow = delaying(limits)
  assert.deepEqual([slow.verdict, slow.codes], ['inconclusive', ['slowed-per-connection']])
  assert.equal(delaying({ failures: 5, lockSeconds: 300 }).verdict, 'fail')
  const queued = delaying(limits, ({ seen: { value: v } }) => {
    v.pair!.second.elapsed += 1_000_000
  })
  assert.deepEqual([queued.verdict, queued.codes], ['pass', ['slowed', 'guesses-limited']])
  const locking = locks('lighttpd-digest', limits)
  assert.deepEqual([locking.verdict, isDecided(locking, 'not-as-declared')], ['fail', true], 'a lock is declared')
  const alone = delaying(limits, ({ seen: { value: v } }) => (v.pair = null))
  assert.deepEqual([alone.verdict, alone.codes], ['inconclusive', ['slowed-per-connection']])
})

test('login-lockout: guesses a day follow from the lock that was measured, and not only its length', () => {
  const few = locks('camera', { guessesPerDay: 200_000 })
  assert.deepEqual([few.verdict, isDecided(few, 'guesses-limited')], ['pass', true])
  const many = locks('camera', { guessesPerDay: 30_000 })
  assert.deepEqual([many.verdict, isDecided(many, 'too-many-guesses')], ['fail', true])
  const least = many.findings.find((f) => f.message.code === 'too-many-guesses')?.message.values['guesses']
  const near = locks('camera', { guessesPerDay: Number(least) })
  assert.deepEqual([near.verdict, isDecided(near, 'guesses-undecided')], ['inconclusive', true])
  // Five are declared; where nothing is, one wrong password may be enough for a lock, and so many guesses are not proved.
  const undeclared = verdictOf<Lockout>(lockout, 'camera', {
    parameters: { guessesPerDay: 30_000 },
    change: ({ statement }) => {
      statement.bruteForce = []
    },
  })
  assert.deepEqual([undeclared.verdict, undeclared.codes.includes('guesses-undecided')], ['inconclusive', true])
})

test('login-lockout: a lock of a minute leaves few guesses, unless the declared window lets one stay below it', () => {
  const minute = (windowSeconds: number, each = 0) =>
    locks('camera', { guessesPerDay: 30_000 }, ({ statement, seen: { value: v } }) => {
      for (const row of statement.bruteForce) Object.assign(row, { windowSeconds, lockSeconds: 60 })
      v.stages[0]!.wrong = v.stages[0]!.wrong.map((w) => ({ ...w, elapsed: Math.max(w.elapsed, each) }))
      const [last = 0] = v.polls.map((p) => p.at).slice(-1)
      v.polls = v.polls.map((p, i) => ({ ...p, at: last + (i - v.polls.length + 1) * 500_000 + 60_000_000 }))
    })
  assert.deepEqual([minute(30).verdict, isDecided(minute(30), 'guesses-limited')], ['pass', true])
  assert.deepEqual([minute(5).verdict, isDecided(minute(5), 'too-many-guesses-below')], ['fail', true])
  assert.equal(minute(5, 4_000_000).codes.includes('too-many-guesses-below'), false, 'a slow answer keeps guesses few')
})

test('login-lockout: what is declared must be what is measured', () => {
  const declared = (row: object, change: (f: Fixture<Lockout>) => void = () => undefined) =>
    locks('camera', {}, (f) => {
      for (const one of f.statement.bruteForce) Object.assign(one, row)
      change(f)
    })
  const late = (f: Fixture<Lockout>): void => {
    const { value: v } = f.seen
    const [stage] = v.stages
    // The lock came with the sixth to eleventh.
    v.stages.unshift({ wrong: stage!.wrong, right: v.before.spare, late: [v.before.spare] })
    v.stages[1] = { ...stage!, wrong: [...stage!.wrong, ...stage!.wrong, stage!.wrong[0]!] }
  }
  const six = declared({}, late)
  assert.deepEqual(
    [six.verdict, isDecided(six, 'not-as-declared'), six.codes.includes('count-unclear')],
    ['fail', true, false],
  )
  const delayed = declared({ protection: 'delay' }, late)
  assert.deepEqual([delayed.verdict, delayed.codes.includes('not-as-declared')], ['inconclusive', false])
  const slowly = declared({ windowSeconds: 1 }, (f) => {
    late(f)
    const [stage] = f.seen.value.stages
    stage!.wrong = stage!.wrong.map((w, i) => ({ ...w, at: w.at + i * 500_000 }))
  })
  assert.equal(slowly.codes.includes('not-as-declared'), false, 'the window was over before')
  // A ban that is made from a log may fall on the first of the next wrong passwords.
  const banned = declared({}, (f) => {
    late(f)
    const [, second] = f.seen.value.stages
    second!.wrong = second!.wrong.map((w, i) => (i < 2 ? w : failed(w)))
  })
  assert.deepEqual([banned.verdict, banned.codes.includes('not-as-declared')], ['inconclusive', true])

  const short = declared({ lockSeconds: 10 })
  assert.deepEqual([short.verdict, isDecided(short, 'lock-too-short')], ['fail', true])
  const beside = locks('camera', { lockSeconds: 2 }, ({ statement }) => {
    for (const row of statement.bruteForce) row.lockSeconds = 10
  })
  assert.deepEqual([beside.verdict, isDecided(beside, 'shorter-than-declared')], ['fail', true])
  const second = declared({ lockSeconds: 2 }, ({ seen: { value: v } }) => {
    v.polls = v.polls.slice(-1).map((p) => ({ ...p, at: v.stages[0]!.right.at + 500_000 }))
  })
  assert.deepEqual([second.verdict, isDecided(second, 'lock-too-short')], ['fail', true], 'a lock of a second')

  assert.equal(declared({ scope: 'account-and-address' }).verdict, 'pass')
  const address = declared({ scope: 'address' })
  assert.deepEqual([address.verdict, address.codes.includes('scope-not-as-declared')], ['inconclusive', true])
  const elsewhere = (scope: string) =>
    declared({ scope }, ({ seen: { value: v } }) => {
      v.during!.ownerElsewhere = v.during!.owner
      v.during!.owner = v.stages[0]!.right
    })
  assert.equal(elsewhere('address').verdict, 'pass')
  assert.deepEqual(
    [elsewhere('account').verdict, elsewhere('account').codes.includes('scope-not-as-declared')],
    ['inconclusive', true],
  )
})

test('login-lockout: a delay is as good as the guesses it leaves, also on two connections', () => {
  const slowed = (micros: number, guessesPerDay: number) =>
    locks('lighttpd-digest', { guessesPerDay }, ({ statement, seen: { value: v } }) => {
      for (const row of statement.bruteForce) row.protection = 'delay'
      const took = (e: Exchange): Exchange => ({
        ...e,
        elapsed: micros,
        rounds: e.rounds.map((r, i) => (i === e.rounds.length - 1 ? { ...r, elapsed: micros } : r)),
      })
      for (const stage of v.stages) stage.wrong = stage.wrong.map(took)
      v.pair = { first: took(v.pair!.first), second: { ...took(v.pair!.second), elapsed: 2 * micros } }
    })
  const enough = slowed(4_000_000, 30_000)
  assert.deepEqual([enough.verdict, isDecided(enough, 'guesses-limited')], ['pass', true])
  const short = slowed(1_000_000, 30_000)
  assert.deepEqual([short.verdict, isDecided(short, 'too-many-guesses')], ['fail', true])
})

test('login-lockout: a device that computes as long for the right password delays no failure', () => {
  const computing = (right: number) => (f: Fixture<Lockout>) => {
    const { value } = f.seen
    for (const row of f.statement.bruteForce) row.protection = 'delay'
    const took = (e: Exchange, elapsed: number): Exchange => ({
      ...e,
      elapsed,
      rounds: e.rounds.map((r) => ({ ...r, elapsed })),
    })
    for (const stage of value.stages) {
      stage.wrong = stage.wrong.map((e) => took(e, 1_200_000))
      stage.right = took(stage.right, right)
      stage.late = stage.late.map((e) => took(e, right))
    }
  }
  const alike = locks('camera-no-lock', {}, computing(1_170_000))
  assert.deepEqual([alike.verdict, alike.codes], ['fail', ['never-locked']])
  const delayed = locks('camera-no-lock', {}, computing(20_000))
  assert.deepEqual([delayed.verdict, delayed.codes], ['inconclusive', ['slowed-per-connection']])
})

test('the duration of a lock is an interval', () => {
  const [first, last] = [
    { at: 1000, elapsed: 10 },
    { at: 1100, elapsed: 10 },
  ]
  assert.deepEqual(
    lockLasted(
      first,
      last,
      [
        { at: 1120, elapsed: 5 },
        { at: 4000, elapsed: 5 },
      ],
      { at: 4500, elapsed: 20 },
    ),
    { least: 2890, most: 3520 },
  )
  assert.deepEqual(lockLasted(first, last, [{ at: 1120, elapsed: 5 }], null), { least: 10, most: null })
  assert.deepEqual(lockLasted(first, last, [], null), { least: 0, most: null })
  const [margin = 0, silence = 0] = pollTimes(20).slice(-2)
  assert.ok(silence - margin > 22_000, 'a lock of 20 s that every try prolongs is over at the last one')
  for (const declared of [3, 10, 60, 300])
    assert.ok(
      pollTimes(declared).some(
        (at) => at < declared * 1000 - 1000 && at + Math.min(2000, declared * 500) >= declared * 1000,
      ),
      'a lock that ends a second early, since the device counts whole ones, was seen to hold until then',
    )
  const times = pollTimes(300)
  assert.ok(times.length < 60 && times.filter((x) => x < 297_000).length < 12)
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  )
})

test('likeness: content decides, then status and challenge together, and nothing is granted without a good answer', () => {
  const page = (status: number, body: string): HttpMessage =>
    message(`HTTP/1.1 ${status} X\r\n${status === 401 ? 'WWW-Authenticate: Basic realm="x"\r\n' : ''}\r\n${body}`)
  const [good, bad] = [
    page(200, '{"model":"x","serial":"12","version":"1.0"}'),
    page(200, '<html>please log in first</html>'),
  ]
  assert.equal(alike(page(500, '{"model":"x","serial":"99","version":"1.1"}'), good, bad), 'granted')
  assert.equal(alike(page(200, '<html>please log in first</html>'), good, bad), 'refused')
  assert.equal(alike(page(200, '<html>something else altogether here</html>'), good, bad), 'unclear')
  assert.equal(alike(page(403, '<html>something else altogether here</html>'), good, bad), 'refused')
  assert.equal(alike(page(200, ''), page(200, ''), page(401, '')), 'granted')
  assert.equal(alike(page(401, ''), page(200, ''), page(401, '')), 'refused')
  assert.equal(alike(page(200, ''), page(200, ''), page(200, '')), 'unclear')
  assert.equal(alike(good, page(401, ''), page(401, '')), 'unclear')
  assert.equal(alike(good, null, null), 'unclear')
  assert.equal(alike(null, good, bad), 'unclear')
})

test('catalogues: rows that fit, editions that the core regulation names, and the limits that were promised', () => {
  const pairs = defaultPasswords(catalogueData('default-passwords'))
  assert.ok(pairs.length > 0 && pairs.length <= 10)
  assert.ok(httpPaths(catalogueData('http-paths')).length >= 40)
  assert.ok(
    httpPaths(catalogueData('http-paths')).every(
      (p) =>
        p.target.startsWith('/') &&
        (p.proof.picture || p.proof.secret || p.proof.log || (p.proof.texts?.length ?? 0) > 0),
    ),
  )
  assert.ok(rtspPaths(catalogueData('rtsp-paths')).length >= 30)
  const core = parse(readFileSync(new URL('../profiles/regulations/camseal-core.yaml', import.meta.url), 'utf8')) as {
    catalogues: Record<string, string>
  }
  for (const name of ['default-passwords', 'http-paths', 'rtsp-paths']) {
    const file = parse(readFileSync(new URL(`../profiles/catalogues/${name}.yaml`, import.meta.url), 'utf8')) as {
      id: string
      edition: string
    }
    assert.deepEqual([file.id, file.edition], [name, core.catalogues[name]])
  }
  const data = catalogueData('default-passwords')
  assert.deepEqual(
    [
      ['admin', 'admin'],
      ['x', ''],
      ['Bob', 'bob'],
      ['admin', 'Qz7-unlisted-44'],
    ].map(([user = '', password = '']) => isListed({ user, password }, data)),
    [true, true, true, false],
  )
})

test('expected subjects: declared endpoints and log-ins; undeclared ones as soon as they are seen', () => {
  const statement = emptyStatement({
    services: [{ id: 'web', transport: 'tcp', port: 8443, protocol: 'https', families: ['ipv4'], purpose: 'x' }],
    accounts: [{ id: 'o', user: 'admin', password: { published: 'x' }, role: 'administrator' }],
    logins: [
      { id: 'l', service: 'web', account: 'o', target: '/' },
      { id: 'm', service: 'web', account: 'o', target: '/2' },
    ],
    bruteForce: [{ login: 'm', protection: 'lock' }],
  })
  const none = { statement, state: 'in-service' as const, seen: () => [] }
  assert.deepEqual(httpAnonymousKind.expected(none), ['a/ipv4/08443'])
  assert.deepEqual(httpLockoutKind.expected(none), ['a/login/m'])
  const row = {
    port: 9000,
    asked: [],
    greeting: '',
    tlsAnswer: '',
    tls: false,
    httpAnswer: raw('HTTP/1.0 200 OK'),
    rtspAnswer: '',
    mqttAnswer: '',
  }
  const value = { address: '127.0.0.1', family: 'ipv4', sourceAddress: '127.0.0.1', services: [row], unasked: [] }
  const known = { ...none, seen: () => [{ subject: 'a/ipv4', value }] as never }
  assert.deepEqual(httpAnonymousKind.expected(known), ['a/ipv4/08443', 'a/ipv4/09000'])
})

test('texts: every message of the first criteria exists in both languages', () => {
  for (const { id } of [httpDefaults, rtspDefaults, anonymousAccess, anonymousStream, lockout, rtspLockout, evaded]) {
    const file = parse(
      readFileSync(new URL(`../reports/locales/criteria/${id}.yaml`, import.meta.url), 'utf8'),
    ) as Record<string, Record<string, unknown>>
    const name = id.split('/')[1] ?? ''
    const sources = [
      `../suites/authentication/${name}.ts`,
      ...(name === 'no-anonymous-access' ? ['../suites/authentication/bypass-findings.ts'] : []),
      ...(name.includes('default')
        ? ['../suites/authentication/credential-findings.ts', '../suites/authentication/undeclared-tries.ts']
        : []),
      ...(/default|login-lockout/.test(name) ? ['../suites/authentication/undeclared-logins.ts'] : []),
      ...(name.includes('login-lockout')
        ? [
            '../suites/authentication/lockout-findings.ts',
            '../suites/authentication/lockout-scope.ts',
            '../suites/authentication/guesses.ts',
          ]
        : []),
    ]
    const source = sources.map((s) => readFileSync(new URL(s, import.meta.url), 'utf8')).join('\n')
    const used = [...source.matchAll(/'([a-z]+(?:-[a-z]+)*)'/g)].map((m) => m[1] ?? '')
    const messages = file['messages'] ?? {}
    for (const key of Object.keys(messages)) assert.ok(used.includes(key), `${id}: ${key} is said nowhere`)
    for (const m of source.matchAll(/(?:evidence|violation|gap|suspicion)\)?\(\s*'([a-z-]+)'/g))
      assert.ok(messages[m[1] ?? ''], `${id}: ${m[1] ?? ''}`)
    for (const text of [file['title'], file['asks'], file['looks'], file['mends'], ...Object.values(messages)] as {
      en?: string
      vi?: string
    }[])
      assert.ok(text.en && text.vi && text.en !== text.vi)
  }
})

/** A small generator with a fixed seed (mulberry32). */
function random(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

test('no bytes make the parsers throw or take long: 24,000 broken answers', { timeout: 120_000 }, () => {
  const next = random(20261121)
  const pick = (n: number): number => Math.floor(next() * n)
  const seeds = [
    'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="a", nonce="b", qop="auth,auth-int", algorithm=SHA-256, Basic realm="c"\r\nContent-Length: 3\r\n\r\nabc',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\nContent-Length: 4, 4\n\npassword=abc',
    'RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Base: rtsp://h/x/\r\nContent-Length: 80\r\n\r\nv=0\r\ns=x\r\nm=video 0 RTP/AVP 96\r\na=control:trackID=1\r\n',
    '$\0\0\x10\x80\x60aaaaaaaaaaaaaaRTSP/1.0 200 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<a><password>x</password><psk>y</psk></a>{"password":"z"}',
  ].map(bytes)
  let inputs = 0
  for (let i = 0; i < 24_000; i++) {
    const parts = [seeds[pick(seeds.length)]!, seeds[pick(seeds.length)]!]
    let input = Uint8Array.from([
      ...parts[0]!.subarray(0, pick(parts[0]!.length + 1)),
      ...(pick(3) === 0 ? parts[1]!.subarray(pick(parts[1]!.length)) : parts[0]!.subarray(pick(parts[0]!.length))),
    ])
    for (let k = pick(8); k > 0 && input.length > 0; k--)
      input[pick(input.length)] = pick(4) === 0 ? [13, 10, 32, 58, 34, 44, 61, 36, 0, 255][pick(10)]! : pick(256)
    if (pick(40) === 0) input = Uint8Array.from({ length: pick(300) }, () => pick(256))
    const m = parseMessage(input)
    assert.ok(m.body.length <= input.length && m.status >= 0 && m.status <= 999)
    const end = messageEnd(input, 'GET')
    assert.ok(end === null || (Number.isSafeInteger(end) && end > 0))
    isReusable(input, 'GET')
    for (const c of [...challengesOf(m), ...parseChallenges(Buffer.from(input).toString('latin1'))])
      assert.equal(c.scheme, c.scheme.toLowerCase())
    assert.ok(readFrames(input).end <= input.length)
    const sdp = parseSdp(m.body)
    for (const medium of sdp?.media ?? [])
      assert.match(
        controlUrl('rtsp://10.0.0.1:554/x', Buffer.from(m.body.subarray(0, 40)).toString('latin1'), medium.control),
        /^rtsp:\/\/10\.0\.0\.1:554/,
      )
    assert.ok(['given', 'masked', 'none'].includes(secretIn(m)))
    assert.ok(similarity(m.body, input) <= 1000)
    assert.equal(similarity(input, input), 1000)
    inputs++
  }
  assert.ok(inputs >= 20_000)
})

test('long hostile bodies are looked through in little time', { timeout: 20_000 }, () => {
  for (const unit of [
    'password',
    '<password ',
    '"password":"',
    'a_',
    '=',
    '<pwd>',
    ' ',
    '\t',
    'x.x-',
    '\n',
    'secret',
  ]) {
    const body = unit.repeat(Math.ceil(65_536 / unit.length))
    const began = performance.now()
    proves(message(`HTTP/1.1 200 OK\r\n\r\n${body}`), { secret: true, picture: true, log: true, texts: ['zzz'] })
    parseChallenges(body)
    parseMessage(bytes(body))
    parseMessage(bytes(`HTTP/1.1 200 OK\r\n${body}`))
    const took = performance.now() - began
    assert.ok(took < 1500, `${JSON.stringify(unit)}: ${Math.round(took)} ms`)
  }
})
