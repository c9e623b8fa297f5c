import type { Fault } from '../suites/fault.ts'
import type { Action, BrowserElement, BrowserStep, Reading, Service, Session } from '../suites/statement.ts'

const ACTS = ['goto', 'fill', 'select', 'click', 'upload', 'expect'] as const
const MARKS = ['role', 'label', 'placeholder', 'text', 'css'] as const
const IN_A_LOG_IN = ['user', 'password']
const IN_A_READING = [...IN_A_LOG_IN, 'serial']

/** What is wrong with a log-in at a page, all of it: steps that do nothing or two things, elements told by nothing or twice. */
export function lintBrowser({ browser, page, logIn }: Session, at: string): Fault[] {
  if (!browser) return []
  const faults: Fault[] = []
  const field = `${at}/browser/logIn`
  if (page || logIn.body !== undefined || logIn.contentType !== undefined)
    faults.push({ code: 'browser-beside-form', values: {}, field: at })
  if (browser.logIn[0]?.goto === undefined) faults.push({ code: 'browser-start', values: {}, field })
  if (!browser.logIn.some((s) => s.fill?.value.includes('{{password}}')))
    faults.push({ code: 'browser-without-password', values: {}, field })
  return [...faults, ...lintSteps(browser.logIn, field, IN_A_LOG_IN, 0)]
}

/** What an action is for, as far as its steps must give the page something for it. */
export type Purpose = 'initialise' | 'changePassword' | 'addAccount' | 'removeAccount' | 'setting' | 'update' | 'other'

const GIVEN: Partial<Record<Purpose, readonly string[]>> = {
  initialise: ['new-password'],
  changePassword: ['new-password'],
  addAccount: ['user', 'new-password'],
  removeAccount: ['user'],
  setting: ['value'],
}
/** A page answers with 200 to what it refuses: whether these took effect must be told by a text. */
const TOLD: readonly Purpose[] = ['changePassword', 'addAccount', 'removeAccount']

/** What is wrong with an action that is done at a page; `known` are the placeholders of actions. */
export function lintAction(
  action: Action,
  purpose: Purpose,
  services: readonly Service[],
  known: readonly string[],
  at: string,
): Fault[] {
  const { browser, body, contentType, done, sends } = action
  if (!browser) return sends === undefined ? [] : [{ code: 'sends-without-browser', values: {}, field: `${at}/sends` }]
  const faults = lintStart(action, services, at)
  const field = `${at}/browser`
  if (body !== undefined || contentType !== undefined)
    faults.push({ code: 'browser-beside-body', values: {}, field: at })
  const wording = `${action.target} ${JSON.stringify(browser)}`
  for (const name of GIVEN[purpose] ?? [])
    if (!wording.includes(`{{${name}}}`)) faults.push({ code: 'browser-without-value', values: { name }, field })
  if (TOLD.includes(purpose) && done === undefined) faults.push({ code: 'browser-without-done', values: {}, field: at })
  const inSteps = known.filter((name) => name !== 'package')
  return [...faults, ...lintSteps(browser, field, inSteps, purpose === 'update' ? 1 : 0)]
}

/** What is wrong with a fact that is read off a page. */
export function lintReading(reading: Reading, services: readonly Service[], at: string): Fault[] {
  const { browser } = reading
  return browser ? [...lintStart(reading, services, at), ...lintSteps(browser, `${at}/browser`, IN_A_READING, 0)] : []
}

/** A page is opened first, unless the log-in at it leaves one open. */
function lintStart({ service, account, browser }: Action | Reading, services: readonly Service[], at: string): Fault[] {
  const found = services.find((s) => s.id === service)
  const isOpen = account !== undefined && found?.session?.browser !== undefined && browser?.[0] !== undefined
  return [
    ...(found && !/^https?$/.test(found.protocol)
      ? [{ code: 'browser-without-http', values: { name: service }, field: at }]
      : []),
    ...(isOpen || browser?.[0]?.goto !== undefined
      ? []
      : [{ code: 'browser-start', values: {}, field: `${at}/browser` }]),
  ]
}

/** Steps with as many uploads as there must be. */
function lintSteps(steps: readonly BrowserStep[], field: string, known: readonly string[], uploads: 0 | 1): Fault[] {
  const faults = steps.flatMap((step, i) => lintStep(step, `${field}/${i}`, known))
  const given = steps.filter((s) => s.upload).length
  if (given === uploads) return faults
  return [...faults, { code: uploads === 1 ? 'browser-without-upload' : 'browser-upload', values: { given }, field }]
}

function lintStep(step: BrowserStep, field: string, known: readonly string[]): Fault[] {
  const given = ACTS.filter((name) => step[name] !== undefined)
  const faults: Fault[] =
    given.length === 1 ? [] : [{ code: 'browser-step', values: { given: given.join(', ') || '-' }, field }]
  if (step.goto !== undefined && !/^\/(?!\/)/.test(step.goto))
    faults.push({ code: 'browser-goto', values: { target: step.goto }, field })
  for (const element of [step.fill, step.select, step.click, step.upload, step.expect])
    if (element) faults.push(...lintElement(element, `${field}/${given[0] ?? ''}`))
  for (const act of given)
    for (const [, name = ''] of JSON.stringify(step[act]).matchAll(/\{\{([^{}]*)\}\}/g))
      if (!known.includes(name))
        faults.push({
          code: 'unknown-placeholder',
          values: { name, known: known.join(', ') },
          field: act === 'goto' ? field : `${field}/${act}`,
        })
  return faults
}

function lintElement(element: BrowserElement, field: string): Fault[] {
  const given = MARKS.filter((name) => element[name] !== undefined)
  const isWhole = given.length === 1 && (element.name === undefined || element.role !== undefined)
  return isWhole ? [] : [{ code: 'browser-element', values: { given: given.join(', ') || '-' }, field }]
}
