import type { RemoteAttempt, RemoteCredentials, RemoteStep } from '../observations/remote-credentials.ts'
import type { RemoteProtocol } from '../observations/remote-endpoints.ts'
import { fromBase64, latin1 } from './bytes.ts'
import { ftpCode, goesAhead } from './ftp-reply.ts'
import type { Reading } from './lock.ts'
import { connackCode, refusesLogin, subackCode } from './mqtt-packet.ts'
import { userAuth } from './ssh-packet.ts'
import { promptOf, saysRefused, telnetStream } from './telnet-stream.ts'

/**
 * What one attempt came to: let in; let in before a password was asked for; refused in the protocol's own words; a
 * log-in by password is not offered; a prompt was shown whose sum did not come back; or none of these.
 */
export type RemoteOutcome = 'granted' | 'open' | 'refused' | 'no-password' | 'prompt' | 'unclear'

export function remoteOutcome(protocol: RemoteProtocol, attempt: RemoteAttempt): RemoteOutcome {
  switch (protocol) {
    case 'ssh':
      return sshOutcome(attempt)
    case 'ftp':
      return ftpOutcome(attempt)
    case 'mqtt':
      return mqttOutcome(attempt)
    case 'telnet':
    case 'console':
      return telnetOutcome(attempt)
  }
}

const answerTo = ({ steps }: RemoteAttempt, ...sent: RemoteStep['sent'][]): Uint8Array | null => {
  const found = steps.findLast((s) => sent.includes(s.sent))
  return found ? fromBase64(found.answer) : null
}

/** RFC 4252 section 5.1: only SUCCESS lets in, only FAILURE refuses. A partial success is no refusal. */
function sshOutcome(attempt: RemoteAttempt): RemoteOutcome {
  const none = userAuth(answerTo(attempt, 'none') ?? new Uint8Array())
  if (none.is === 'success') return 'open'
  const tried = answerTo(attempt, 'password', 'keyboard-interactive')
  if (tried) {
    const said = userAuth(tried)
    if (said.is === 'success') return 'granted'
    return said.is === 'failure' && !said.partial ? 'refused' : 'unclear'
  }
  if (none.is !== 'failure' || attempt.failure !== null) return 'unclear'
  return none.methods.some((m) => m === 'password' || m === 'keyboard-interactive') ? 'refused' : 'no-password'
}

/** RFC 959 section 5.4: 230 logs in, 530 does not; 430 is what some servers say instead. */
function ftpOutcome(attempt: RemoteAttempt): RemoteOutcome {
  const said = answerTo(attempt, 'user')
  const [user, password] = [said, answerTo(attempt, 'password')].map((b) => b && ftpCode(b))
  if (password === 230 || password === 202) return 'granted'
  if (password === 530 || password === 430) return 'refused'
  if (answerTo(attempt, 'password') !== null || user === null || user === undefined) return 'unclear'
  if (user === 230) return 'open'
  return user >= 500 || wantsTls(said ?? null) ? 'no-password' : 'unclear'
}

/** Closing the connection with 421 is also what a busy server does; pure-ftpd says why. */
const wantsTls = (answer: Uint8Array | null): boolean =>
  answer !== null &&
  ftpCode(answer) === 421 &&
  /\b(?:TLS|SSL|clear-?text|encrypt)/i.test(latin1(answer.subarray(0, 1024)))

function mqttOutcome(attempt: RemoteAttempt): RemoteOutcome {
  const code = connackCode(answerTo(attempt, 'connect') ?? new Uint8Array())
  if (code === 0) return attempt.credential === null ? 'open' : 'granted'
  return code !== null && refusesLogin(code) ? 'refused' : 'unclear'
}

/** A sum that was worked out proves a command interpreter; a fresh question for the user, or its words, a refusal. */
function telnetOutcome(attempt: RemoteAttempt): RemoteOutcome {
  const asked = attempt.steps.some((s) => s.sent === 'password')
  const said = attempt.steps.map((s) => ({ sent: s.sent, ...telnetStream(fromBase64(s.answer)) }))
  if (attempt.sum !== null) {
    const result = said.findLast((s) => s.sent === 'sum')?.text ?? ''
    if (new RegExp(`(^|[^0-9])${attempt.sum}($|[^0-9])`).test(result)) return asked ? 'granted' : 'open'
    return 'prompt'
  }
  const last = said.at(-1)
  if (!last) return 'unclear'
  const prompt = promptOf(last.text)
  const isOver = attempt.steps.at(-1)?.end === 'closed'
  if (asked && last.sent === 'password')
    return prompt === 'log-in' || (saysRefused(last.text) && (prompt === 'password' || isOver)) ? 'refused' : 'unclear'
  const isQuestion = prompt === 'log-in' || prompt === 'password'
  return attempt.credential === null && isQuestion ? 'refused' : 'unclear'
}

const ftpUserCode = (attempt: RemoteAttempt): number | null => ftpCode(answerTo(attempt, 'user') ?? new Uint8Array())

/** What became of `anonymous` without TLS, where TLS is demanded of users; null where all was said without it. */
export function anonymousInClear(value: RemoteCredentials): RemoteOutcome | null {
  if (!value.inClear) return null
  const outcome = remoteOutcome(value.protocol, value.inClear.anonymous)
  const isRefused = clearLogin(value) === 'refused' && (ftpUserCode(value.inClear.anonymous) ?? 0) >= 400
  return outcome === 'unclear' && isRefused ? 'no-password' : outcome
}

/** Whether the device asked for, or dealt with, a user name and password outside of any encryption. */
export type ClearLogin = 'asked' | 'accepted' | 'unclear' | 'refused' | 'encrypted' | 'not-asked'

export function clearLogin(value: RemoteCredentials): ClearLogin {
  const attempts = [value.anonymous, value.knownBad, ...(value.knownGood ? [value.knownGood] : [])]
  const outcomes = attempts.map((a) => remoteOutcome(value.protocol, a))
  if (value.protocol === 'ssh') return outcomes.every((o) => o === 'unclear') ? 'unclear' : 'encrypted'
  if (value.tls) return outcomes.every((o) => o === 'unclear') ? 'unclear' : 'encrypted'
  if (value.protocol === 'mqtt') {
    const codes = attempts
      .filter((a) => a.credential)
      .map((a) => connackCode(answerTo(a, 'connect') ?? new Uint8Array()))
    if (codes.some((c) => c === 0)) return 'accepted'
    return codes.some((c) => c === 4 || c === 0x86) ? 'asked' : 'unclear'
  }
  if (value.protocol === 'ftp') {
    const tried = value.inClear ? [value.inClear.user] : attempts.filter((a) => a.credential)
    const codes = tried.map(ftpUserCode)
    if (codes.includes(331)) return 'asked'
    if (codes.includes(230)) return 'accepted'
    // Some hang up with 421 where TLS is missing, as those do that are busy: they say why, or the same name is welcome in TLS.
    const least = value.inClear && ftpUserCode(value.knownBad) === 331 ? 400 : 500
    const isRefused = (a: RemoteAttempt): boolean => (ftpUserCode(a) ?? 0) >= least || wantsTls(answerTo(a, 'user'))
    return tried.length > 0 && tried.every(isRefused) ? 'refused' : 'unclear'
  }
  const prompts = attempts.flatMap((a) => a.steps.map((s) => promptOf(telnetStream(fromBase64(s.answer)).text)))
  if (prompts.includes('password')) return 'asked'
  if (prompts.includes('log-in')) return 'asked'
  return outcomes.includes('open') || outcomes.includes('prompt') ? 'not-asked' : 'unclear'
}

/** FTP only: AUTH TLS was answered by going ahead (RFC 4217 section 4). */
export const offersTls = ({ authTls }: RemoteCredentials): boolean => authTls !== null && goesAhead(fromBase64(authTls))

export const subscribed = (value: RemoteCredentials): 'granted' | 'refused' | 'unclear' | 'not-asked' => {
  if (value.subscription === null) return 'not-asked'
  const code = subackCode(fromBase64(value.subscription.answer))
  if (code === null) return 'unclear'
  return code <= 2 ? 'granted' : 'refused'
}

const LET_IN: readonly RemoteOutcome[] = ['granted', 'prompt', 'open']

/** How tries with the passwords of an account are read. Who is let in without one has not logged in. */
export function remoteReading(protocol: RemoteProtocol): Reading<RemoteAttempt> {
  const isIn = (tried: RemoteAttempt | null): boolean =>
    tried !== null && LET_IN.includes(remoteOutcome(protocol, tried))
  return {
    isGood: (tried) => isIn(tried) && tried !== null && remoteOutcome(protocol, tried) !== 'open',
    isGranted: (tried, good, bad) => isIn(tried) && isIn(good) && !isIn(bad),
    isRefused: (tried) => tried !== null && ['refused', 'no-password'].includes(remoteOutcome(protocol, tried)),
    isAnswered: (tried) => tried !== null && remoteOutcome(protocol, tried) !== 'unclear',
    tookOf: ({ elapsed }) => elapsed,
  }
}
