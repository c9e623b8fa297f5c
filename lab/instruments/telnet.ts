import { randomInt } from 'node:crypto'
import { DO, DONT, IAC, promptOf, telnetStream, WILL, WONT, type Prompt } from '../../suites/facts/telnet-stream.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import { attempt, type TryRemote } from './remote-attempt.ts'
import type { Chunk, Line } from './line.ts'

/** A refusal may be held back for seconds (tarpit); a prompt is believed when nothing follows it for a moment. */
const PATIENCE_MS = 15_000
const FIRST_WORD_MS = 6000
const QUIET_MS = 300
const MOST_BYTES = 16 * 1024
const ECHO = 1
const SUPPRESS_GO_AHEAD = 3
const MOST_OPTIONS = 64

/**
 * The answer to a request for an option (RFC 854, RFC 1143): the server may echo and leave out go-aheads, everything
 * else is declined. Declining an option that the server gives up needs no word.
 */
function replyTo(verb: number, option: number): number[] {
  if (verb === WILL) return [IAC, option === ECHO || option === SUPPRESS_GO_AHEAD ? DO : DONT, option]
  if (verb === DO) return [IAC, option === SUPPRESS_GO_AHEAD ? WILL : WONT, option]
  return []
}

export interface TelnetTalk {
  /** Reads until a prompt, the end, or for so long; answers what the server negotiates meanwhile. */
  hear(milliseconds: number): Promise<Chunk & { prompt: Prompt }>
  say(text: string): void
}

export function telnetTalk(line: Line): TelnetTalk {
  const answered = new Set<string>()
  return {
    say: (text) => line.write(Buffer.from(`${text}\r\n`, 'utf8')),
    async hear(milliseconds) {
      const deadline = performance.now() + milliseconds
      let received = Buffer.alloc(0)
      for (;;) {
        const { text, options } = telnetStream(received)
        for (const { verb, option } of options) {
          if (answered.has(`${verb} ${option}`) || answered.size >= MOST_OPTIONS) continue
          answered.add(`${verb} ${option}`)
          line.write(Uint8Array.from(replyTo(verb, option)))
        }
        const prompt = promptOf(text)
        if (received.length >= MOST_BYTES) return { bytes: received, end: 'too-long', prompt }
        const left = deadline - performance.now()
        const wait = prompt === 'none' ? left : Math.min(left, QUIET_MS)
        const some = await line.read((b) => (b.length > 0 ? b.length : null), {
          milliseconds: Math.max(0, wait),
          maxBytes: MOST_BYTES,
        })
        received = Buffer.concat([received, some.bytes])
        if (some.end === 'complete' || (some.end === 'too-long' && some.bytes.length > 0)) continue
        const end = some.end === 'timeout' && prompt !== 'none' ? 'complete' : some.end
        return { bytes: received, end, prompt: promptOf(telnetStream(received).text) }
      }
    },
  }
}

/**
 * One Telnet log-in (RFC 854). Where a prompt of a command interpreter comes up, a sum is asked for: only who runs
 * commands can tell its result.
 */
export const tryTelnet: TryRemote = (bench, to, credential) => tryShell(bench, to, credential, false)

/** The same at a port that was seen to carry out commands: it may do so without ever showing a prompt. */
export const tryConsole: TryRemote = (bench, to, credential) => tryShell(bench, to, credential, true)

const tryShell = (bench: Bench, to: Endpoint, credential: Credential | null, isPromptless: boolean) =>
  attempt(bench, to, credential, async (line, recording) => {
    const talk = telnetTalk(line)
    let heard = await talk.hear(FIRST_WORD_MS)
    recording.step('nothing', heard)
    if (heard.prompt === 'none' && heard.end === 'timeout') {
      talk.say('')
      heard = await talk.hear(FIRST_WORD_MS)
      recording.step('enter', heard)
    }
    if (credential && heard.prompt === 'log-in') {
      talk.say(credential.user)
      heard = await talk.hear(PATIENCE_MS)
      recording.step('user', heard)
    }
    if (credential && heard.prompt === 'password') {
      talk.say(credential.password)
      heard = await talk.hear(PATIENCE_MS)
      recording.step('password', heard)
    }
    const isBlind = isPromptless && heard.prompt === 'none' && heard.end === 'timeout'
    if (heard.prompt !== 'shell' && !isBlind) return
    const [a, b] = [randomInt(301, 999), randomInt(301, 999)]
    talk.say(`echo $((${a}*${b}))`)
    const answer = await talk.hear(FIRST_WORD_MS)
    const isTold = Buffer.from(answer.bytes)
      .toString('latin1')
      .includes(String(a * b))
    if (!isBlind || isTold) recording.summed(a * b)
    recording.step('sum', answer)
    talk.say('exit')
  })
