import { bool, list, obj, oneOf, opt, str, text, type Static } from './schema.ts'

/** What tells an element of a page: exactly one of role (with its accessible name), label, placeholder, text or, last, CSS. */
const element = {
  role: opt(oneOf('button', 'link', 'textbox', 'checkbox', 'combobox', 'tab', 'menuitem')),
  /** Accessible name beside the role, whole and in its own letters. */
  name: opt(text()),
  label: opt(text()),
  placeholder: opt(text()),
  text: opt(text()),
  css: opt(text()),
}

/**
 * One thing that a person does at a page. Exactly one member; elements are looked for in all frames until they are there.
 * Placeholders stand in any text.
 */
const step = obj({
  goto: opt(text('request target')),
  fill: opt(obj({ ...element, value: str('with placeholders') })),
  /** Chooses from a combo box, by value or label. */
  select: opt(obj({ ...element, value: str('with placeholders') })),
  /** `accept`: what the page asks after this click, until the next thing is done, is answered with yes. */
  click: opt(obj({ ...element, accept: opt(bool()) })),
  /** Puts the update package into a file field. */
  upload: opt(obj(element)),
  /** Waits until the element is to be seen, or is not any more. */
  expect: opt(obj({ ...element, gone: opt(bool()) })),
})

/** What is done at a page, in order. */
export const steps = () => list(step)

/**
 * A log-in whose page works only in a browser, where its script computes what is sent. The page sends the password with
 * the method and to the path that `logIn` of the session names; the answer to the last such request is what was said to
 * the password.
 */
export const browser = obj({ logIn: steps() })

export type BrowserStep = Static<typeof step>
export type BrowserElement = { [K in keyof typeof element]?: string }
