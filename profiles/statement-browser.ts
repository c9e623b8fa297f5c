import type { Fault } from '../suites/fault.ts'
import type { BrowserElement, BrowserStep, Session } from '../suites/statement.ts'

const ACTS = ['goto', 'fill', 'click', 'expect'] as const
const MARKS = ['role', 'label', 'placeholder', 'text', 'css'] as const
const IN_A_PAGE = ['user', 'password']

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
  browser.logIn.forEach((step, i) => faults.push(...lintStep(step, `${field}/${i}`)))
  return faults
}

function lintStep(step: BrowserStep, field: string): Fault[] {
  const given = ACTS.filter((name) => step[name] !== undefined)
  const faults: Fault[] =
    given.length === 1 ? [] : [{ code: 'browser-step', values: { given: given.join(', ') || '-' }, field }]
  if (step.goto !== undefined && !/^\/(?!\/)/.test(step.goto))
    faults.push({ code: 'browser-goto', values: { target: step.goto }, field })
  for (const element of [step.fill, step.click, step.expect])
    if (element) faults.push(...lintElement(element, `${field}/${given[0] ?? ''}`))
  for (const [, name = ''] of (step.fill?.value ?? '').matchAll(/\{\{([^}]*)\}\}/g))
    if (!IN_A_PAGE.includes(name))
      faults.push({
        code: 'unknown-placeholder',
        values: { name, known: IN_A_PAGE.join(', ') },
        field: `${field}/fill`,
      })
  return faults
}

function lintElement(element: BrowserElement, field: string): Fault[] {
  const given = MARKS.filter((name) => element[name] !== undefined)
  const isWhole = given.length === 1 && (element.name === undefined || element.role !== undefined)
  return isWhole ? [] : [{ code: 'browser-element', values: { given: given.join(', ') || '-' }, field }]
}
