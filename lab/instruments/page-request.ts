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
  return isBare(entries)
    ? file
    : joined(entries.map((e) => (e.bytes === undefined ? file : Buffer.from(e.bytes, 'base64'))))
}

/** Field of a form that stands for a file without a form. */
const BARE = 'camseal-bare-file'

/**
 * Runs in the page: a script that sends a file bare sends it in a form, out of which it is taken again. Of a form the browser
 * gives away where the file stands; a bare file it reads into memory, several times over.
 */
export const BARE_FILES = `(() => {
  const formed = (body) => {
    if (!(body instanceof File)) return body
    const form = new FormData()
    form.append('${BARE}', body)
    return form
  }
  const { send } = XMLHttpRequest.prototype
  XMLHttpRequest.prototype.send = function (body) { return send.call(this, formed(body)) }
  const { fetch } = window
  window.fetch = (input, init) => fetch(input, init && { ...init, body: formed(init.body) })
})()`

/** The file goes out bare: its form was made by the lab. */
export const isBare = (entries: readonly Entry[]): boolean =>
  entries.length === 3 && Buffer.from(entries[0]?.bytes ?? '', 'base64').includes(`name="${BARE}"`)

/** The type that the file has for the page, in the place of that of the form. */
export const bareHeader = ([name, value]: [string, string]): [string, string] =>
  /^content-type$/i.test(name) && value.startsWith('multipart/form-data; boundary=')
    ? [name, 'application/octet-stream']
    : [name, value]

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
