import type { Dialog, Locator, Page } from 'playwright-core'
import type { BrowserElement, BrowserStep } from '../../suites/statement.ts'
import { fill } from '../placeholders.ts'

/** Longest time for one step, and for an element to come to a page that asks for nothing any more. */
const STEP_MILLISECONDS = 20_000
const STILL_MILLISECONDS = 3_000
const LOOK_MILLISECONDS = 100

/** Milliseconds left for the log-in, and since the page asked for something. */
export interface Patience {
  left(): number
  quiet(): number
}

/** Why a page could not be used as the statement says. */
export type Misfit = {
  step: number
  why: 'not-there' | 'several' | 'still-there' | 'no-page' | 'not-done'
  what: string
}

/** Does one thing after the other, as a person would; null when all is done. Never throws for what a page does. */
export async function takeSteps(
  page: Page,
  origin: string,
  steps: readonly BrowserStep[],
  values: Record<string, string>,
  patience: Patience,
): Promise<Misfit | null> {
  for (const [i, step] of steps.entries()) {
    const begin = performance.now()
    const until = (): number => {
      const passed = performance.now() - begin
      const isStill = Math.min(passed, patience.quiet()) > STILL_MILLISECONDS
      return isStill ? 1 : Math.max(1, Math.min(STEP_MILLISECONDS - passed, patience.left()))
    }
    const misfit = await takeStep(page, origin, step, values, until).catch((): Omit<Misfit, 'step'> => ({
      why: 'not-done',
      what: nameOf(step.fill ?? step.click ?? step.expect ?? {}),
    }))
    if (misfit) return { step: i + 1, ...misfit }
  }
  return null
}

async function takeStep(
  page: Page,
  origin: string,
  { goto, fill: filled, click, expect }: BrowserStep,
  values: Record<string, string>,
  until: () => number,
): Promise<Omit<Misfit, 'step'> | null> {
  if (goto !== undefined) {
    await page.goto(origin + goto, { timeout: until(), waitUntil: 'commit' }).catch(() => null)
    // A page may have gone on to another one by itself.
    return page.url().startsWith(origin) ? null : { why: 'no-page', what: goto }
  }
  const element = filled ?? click ?? expect ?? {}
  const isGone = expect?.gone === true
  const found = await find(page, element, isGone, until)
  if (found === 'gone') return null
  if (typeof found === 'string') return { why: found, what: nameOf(element) }
  if (filled) {
    const text = fill(filled.value, values, 'plain')
    await found.fill('text' in text ? text.text : '', { timeout: until() })
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

/** The one visible element in any frame, looked for until it is there; or until none is, where it shall be gone. */
async function find(
  page: Page,
  element: BrowserElement,
  isGone: boolean,
  until: () => number,
): Promise<Locator | 'gone' | 'not-there' | 'several' | 'still-there'> {
  for (;;) {
    const all: Locator[] = []
    for (const frame of page.frames()) {
      const visible = locate(frame, element).filter({ visible: true })
      const count = await visible.count().catch(() => 0)
      for (let i = 0; i < Math.min(count, 2); i++) all.push(visible.nth(i))
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

/** A page that asks whether one wants to leave it shall not hold one back; all other questions are answered with no. */
export const answerDialog = (dialog: Dialog): void =>
  void (dialog.type() === 'beforeunload' ? dialog.accept() : dialog.dismiss()).catch(() => undefined)
