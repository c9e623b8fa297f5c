import type { Dialog, Locator, Page } from 'playwright-core'
import type { BrowserElement, BrowserStep } from '../../suites/statement.ts'
import { fill } from '../placeholders.ts'

/** Longest time for one step, and for an element to come to a page that asks for nothing any more. */
const STEP_MILLISECONDS = 20_000
const STILL_MILLISECONDS = 3_000
const LOOK_MILLISECONDS = 100

/** Milliseconds left for all that is done, and since the page asked for something. */
export interface Patience {
  left(): number
  quiet(): number
  /** Longest time for one step, where it is not the usual one. */
  step?: number
}

/** What else there is at hand. */
export interface Means {
  /** Path of the update package. */
  file?: string
  /** Told before each step, which waits for it. */
  before?(index: number, step: BrowserStep): Promise<void>
}

/** Why a page could not be used as the statement says. */
export type Misfit = {
  step: number
  why: 'not-there' | 'several' | 'still-there' | 'no-page' | 'not-done'
  what: string
}

type Values = Record<string, string>

/** Names of placeholders in the steps that have no value. */
export function unknownIn(steps: readonly BrowserStep[], values: Values): string[] {
  const filled = fill(JSON.stringify(steps), values, 'plain')
  return 'unknown' in filled ? filled.unknown : []
}

/** Does one thing after the other, as a person would; null when all is done. Never throws for what a page does. */
export async function takeSteps(
  page: Page,
  origin: string,
  steps: readonly BrowserStep[],
  values: Values,
  patience: Patience,
  means: Means = {},
): Promise<Misfit | null> {
  for (const [i, step] of steps.entries()) {
    await means.before?.(i, step)
    const begin = performance.now()
    const until = (): number => {
      const passed = performance.now() - begin
      const isStill = Math.min(passed, patience.quiet()) > STILL_MILLISECONDS
      return isStill ? 1 : Math.max(1, Math.min((patience.step ?? STEP_MILLISECONDS) - passed, patience.left()))
    }
    const misfit = await takeStep(page, origin, step, values, until, means).catch((): Omit<Misfit, 'step'> => ({
      why: 'not-done',
      what: nameOf(elementOf(step)),
    }))
    if (misfit) return { step: i + 1, ...misfit }
  }
  return null
}

const elementOf = ({ fill, select, click, upload, expect }: BrowserStep): BrowserElement =>
  fill ?? select ?? click ?? upload ?? expect ?? {}

async function takeStep(
  page: Page,
  origin: string,
  step: BrowserStep,
  values: Values,
  until: () => number,
  means: Means,
): Promise<Omit<Misfit, 'step'> | null> {
  const { goto, fill: filled, select, click, upload, expect } = step
  if (goto !== undefined) {
    await page
      .goto(origin + textOf(goto, values, 'target'), { timeout: until(), waitUntil: 'commit' })
      .catch(() => null)
    // A page may have gone on to another one by itself.
    return page.url().startsWith(origin) ? null : { why: 'no-page', what: goto }
  }
  const element = elementOf(step)
  const isGone = expect?.gone === true
  // A file field is often hidden behind a button of the page's own.
  const found = await find(page, withValues(element, values), isGone, upload === undefined, until)
  if (found === 'gone') return null
  if (typeof found === 'string') return { why: found, what: nameOf(element) }
  if (filled) await found.fill(textOf(filled.value, values, 'plain'), { timeout: until() })
  if (select) await found.selectOption(textOf(select.value, values, 'plain'), { timeout: until() })
  if (upload) {
    if (means.file === undefined) return { why: 'not-done', what: nameOf(element) }
    await found.setInputFiles(means.file, { timeout: until() })
  }
  // What a page forbids to send, whoever guesses sends all the same.
  if (click) {
    await found.evaluate((e: { ownerDocument: { forms: Iterable<{ noValidate: boolean }> } }) => {
      for (const form of e.ownerDocument.forms) form.noValidate = true
    })
    await found.click({ timeout: until(), noWaitAfter: true })
  }
  return null
}

function textOf(template: string, values: Values, form: 'plain' | 'target'): string {
  const text = fill(template, values, form)
  return 'text' in text ? text.text : ''
}

/** The element with every placeholder filled; in CSS no value can be more than a word. */
function withValues(element: BrowserElement, values: Values): BrowserElement {
  const escaped = Object.fromEntries(
    Object.entries(values).map(([n, v]) => [n, v.replace(/[^A-Za-z0-9_\x80-\uffff]/g, cssEscape)]),
  )
  const { css, role, ...words } = element
  const filled = Object.entries(words).map(([n, v]) => [n, typeof v === 'string' ? textOf(v, values, 'plain') : v])
  return {
    ...(Object.fromEntries(filled) as BrowserElement),
    ...(role === undefined ? {} : { role }),
    ...(css === undefined ? {} : { css: textOf(css, escaped, 'plain') }),
  }
}

/** CSS Syntax Level 3 section 4.3.7. */
const cssEscape = (character: string): string => `\\${character.charCodeAt(0).toString(16)} `

/** The one visible element in any frame, looked for until it is there; or until none is, where it shall be gone. */
async function find(
  page: Page,
  element: BrowserElement,
  isGone: boolean,
  isVisible: boolean,
  until: () => number,
): Promise<Locator | 'gone' | 'not-there' | 'several' | 'still-there'> {
  for (;;) {
    const all: Locator[] = []
    for (const frame of page.frames()) {
      const found = isVisible ? locate(frame, element).filter({ visible: true }) : locate(frame, element)
      const count = await found.count().catch(() => 0)
      for (let i = 0; i < Math.min(count, 2); i++) all.push(found.nth(i))
    }
    if (isGone && all.length === 0) return 'gone'
    if (!isGone && all.length === 1 && all[0]) return all[0]
    if (until() <= 1) return isGone ? 'still-there' : all.length > 1 ? 'several' : 'not-there'
    await new Promise((done) => setTimeout(done, LOOK_MILLISECONDS))
  }
}

function locate(frame: ReturnType<Page['frames']>[number], e: BrowserElement): Locator {
  const exact = { exact: true }
  if (e.role !== undefined)
    return frame.getByRole(e.role as 'button', e.name === undefined ? {} : { name: e.name, ...exact })
  if (e.label !== undefined) return frame.getByLabel(e.label, exact)
  if (e.placeholder !== undefined) return frame.getByPlaceholder(e.placeholder, exact)
  if (e.text !== undefined) return frame.getByText(e.text, exact)
  return frame.locator(e.css ?? 'html')
}

const nameOf = ({ role, name, label, placeholder, text, css }: BrowserElement): string =>
  [role, name ?? label ?? placeholder ?? text ?? css]
    .filter((x) => x !== undefined)
    .join(' ')
    .slice(0, 120)

/**
 * A page that asks whether one wants to leave it shall not hold one back; what it asks after a click that says so is
 * answered with yes, all else with no. Whether a question was answered with yes.
 */
export function answerDialog(dialog: Dialog, accepts: boolean): boolean {
  const type = dialog.type()
  const isYes = type === 'confirm' && accepts
  void (isYes || type === 'beforeunload' ? dialog.accept() : dialog.dismiss()).catch(() => undefined)
  return isYes
}
