import { latin1 } from './bytes.ts'

/** RFC 854 and 855. */
export const IAC = 255
export const DONT = 254
export const DO = 253
export const WONT = 252
export const WILL = 251
export const SB = 250
export const SE = 240

export interface TelnetStream {
  /** What a person would read, one character for each byte. */
  text: string
  /** DO, DONT, WILL and WONT in the order received. */
  options: { verb: number; option: number }[]
}

/** Splits received bytes into text and negotiation (RFC 854). A command that is not complete yet is left out. */
export function telnetStream(bytes: Uint8Array): TelnetStream {
  const text: number[] = []
  const options: TelnetStream['options'] = []
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at] ?? 0
    if (byte !== IAC) {
      if (byte !== 0) text.push(byte)
      at++
      continue
    }
    const verb = bytes[at + 1]
    if (verb === undefined) break
    if (verb === IAC) {
      text.push(IAC)
      at += 2
    } else if (verb === SB) at = endOfSub(bytes, at + 2)
    else if (verb >= WILL) {
      const option = bytes[at + 2]
      if (option === undefined) break
      options.push({ verb, option })
      at += 3
    } else at += 2
  }
  return { text: latin1(Uint8Array.from(text)), options }
}

/** Index behind IAC SE; the end where it has not come. */
function endOfSub(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 1 < bytes.length; at++) {
    if (bytes[at] !== IAC) continue
    if (bytes[at + 1] === SE) return at + 2
    at++
  }
  return bytes.length
}

export type Prompt = 'log-in' | 'password' | 'shell' | 'none'

const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]{0,16}[A-Za-z]`, 'g')

/** What the last line asks for. Terminal colours are passed over. */
export function promptOf(text: string): Prompt {
  const line =
    text
      .slice(-2048)
      .replace(COLOURS, '')
      .split(/[\r\n]/)
      .at(-1) ?? ''
  if (/\b(login|user ?name|user|account|user id)(?: as)? ?: ?$/i.test(line)) return 'log-in'
  if (/\b(password|passwd|pass ?phrase|pass ?code)\b.{0,40}: ?$/i.test(line)) return 'password'
  if (/(^|[^#$%>])[#$%>] ?$/.test(line) && line.length <= 160) return 'shell'
  return 'none'
}

/** The words in which log-in programs refuse. */
export const saysRefused = (text: string): boolean =>
  /\b(incorrect|fail(ed|ure)|denied|invalid|wrong|not allowed|refused|bad (password|user|login)|error)\b/i.test(
    text.slice(-2048),
  )
