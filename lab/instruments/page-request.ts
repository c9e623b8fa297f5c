import { joined } from '../body.ts'
import type { Body } from '../probe.ts'

/** A part of a body as the debugging protocol gives it: of a file there are no bytes. */
export interface Entry {
  bytes?: string
}

/** A request of a page that is looked for. */
export interface Named {
  method: string
  /** Path, and what must stand in the query. */
  target: string
  /** Text in the body. */
  sends?: string
  /** A redirect is no answer yet: the page that it leads to is. */
  follows?: true
}

/** The body that a page sends, with the file in the place of every one that it sends; null where it has none to send. */
export function bodyOf(entries: readonly Entry[], file: Body | null): Body | null {
  if (entries.every((e) => e.bytes !== undefined))
    return Buffer.concat(entries.map((e) => Buffer.from(e.bytes ?? '', 'base64')))
  if (file === null) return null
  return joined(entries.map((e) => (e.bytes === undefined ? file : Buffer.from(e.bytes, 'base64'))))
}

/** Whether a request is the one that is named: by method, path, the named part of its query and the text in its body. */
export function isThat(named: Named, method: string, target: string, body: Body | null): boolean {
  if (method !== named.method || decoded(pathOf(target)) !== decoded(pathOf(named.target))) return false
  const asked = queryOf(target)
  if (![...queryOf(named.target)].every(([name, value]) => asked.getAll(name).includes(value))) return false
  if (named.sends === undefined) return true
  return body instanceof Uint8Array && Buffer.from(body).includes(named.sends)
}

export const pathOf = (target: string): string => target.replace(/[?#].*/s, '')
const queryOf = (target: string): URLSearchParams =>
  new URLSearchParams(target.includes('?') ? target.slice(target.indexOf('?') + 1) : '')

/** Browsers and the lab do not encode the same characters of a path. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
