import { obj, oneOf, opt, str, text, type Static } from './schema.ts'
import { steps } from './statement-browser.ts'

export const id = () => text('kebab-case name, unique in its list')

/**
 * One HTTP request with placeholders `{{name}}`: {{user}}, {{password}}, {{new-password}}, {{lab-address}}, {{lab-port}}, {{ca-certificate}}, {{serial}}, {{value}}, {{time}}, {{time-seconds}}; {{step}} in an upload.
 * With `browser` the page makes it: method and target tell which of its requests it is, and the last answer to it counts.
 */
export const action = obj({
  service: id(),
  method: oneOf('GET', 'POST', 'PUT', 'DELETE', 'PATCH'),
  target: text('request target, with placeholders'),
  account: opt(id()),
  contentType: opt(text()),
  body: opt(str('with placeholders; the update package goes where `{{package}}` stands, as it is')),
  /** The answer's body holds this text when the request took effect. Status codes alone are not believed. */
  done: opt(text()),
  /** What is done at the page, logged in as the account; there is no body then. */
  browser: opt(steps()),
  /** Text in the body of the request of the page, where method and target alone do not tell it from others. */
  sends: opt(text()),
})

/** How to read one fact (a version, a serial number) from an answer: the first group of a pattern. */
export const reading = obj({
  service: id(),
  target: text(),
  account: opt(id()),
  pattern: text(
    'regular expression with one group, applied to the body as Latin-1; with `browser` to what the page shows',
  ),
  /** What is done at the page until it shows the fact. It must have asked for `target` on the way. */
  browser: opt(steps()),
})

export const INTERFACE_TYPES = [
  'ethernet',
  'wifi',
  'soft-ap',
  'bluetooth',
  'usb',
  'sd-card',
  'serial',
  'app',
  'cloud',
  'other',
] as const

/** One way into the unit, present or not. */
export const unitInterface = obj({
  id: id(),
  type: oneOf(...INTERFACE_TYPES),
  note: opt(text('what it does, and whether one can log in by it')),
})

export type Action = Static<typeof action>
export type Reading = Static<typeof reading>
