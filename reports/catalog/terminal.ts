import type { Fault } from '../../suites/fault.ts'
import type { Message } from '../../suites/observation.ts'
import { bilingual, fill, t, type Language } from '../locales/index.ts'
import { faultText, plain } from '../verbs/terminal.ts'
import type { Admission } from './actions.ts'
import type { Answer } from './answer.ts'
import { shownDate } from './dates.ts'
import { whyOf } from './site/list-page.ts'
import { statusOn, type Standing, type Status } from './state.ts'
import type { Store } from './store.ts'

/** One line of the catalog's verbs. */
export const say = (language: Language, key: string, values: Message['values'] = {}): void =>
  console.log(plain(t(language, 'catalog', `cli.${key}`, values)))

/** Every fault with its place, for people on standard error or as JSON on standard output. */
export function printFaults(faults: readonly Fault[], language: Language, json: boolean): void {
  if (json) console.log(JSON.stringify({ faults: faults.map((f) => ({ ...f, text: faultText(language, f) })) }))
  else for (const fault of faults) console.error(plain(faultText(language, fault)))
}

/** That the log was checked, how far it reaches, and whether a write was cut short. */
export function printChecked({ state, log }: Store, language: Language): void {
  if (state.demo) say(language, 'demo')
  say(language, 'checked', { events: state.head.number, digest: state.head.digest })
  if (log.torn) say(language, 'torn', { bytes: log.torn.bytes })
}

const checkedOf = ({ state, log }: Store) => ({
  demo: state.demo,
  log: { events: state.head.number, head: state.head.digest, intact: true, torn: log.torn },
})

export function printAdmission(admission: Admission, language: Language, json: boolean, exitCode: number): void {
  const texts = (group: string, messages: readonly Message[]) =>
    messages.map((m) => ({ ...m, text: t(language, 'catalog', `${group}.${m.code}`, worded(m.values, language)) }))
  const reasons = admission.admitted ? [] : texts('reasons', admission.reasons)
  const notes = texts('notes', admission.notes)
  const { seal, signer, verdicts } = admission.verification
  if (json) {
    console.log(
      JSON.stringify({
        admitted: admission.admitted,
        entry: admission.admitted ? admission.entry : null,
        reasons,
        notes,
        seal,
        signer,
        verdicts,
        event: admission.event.number,
        repaired: admission.repaired,
        demo: admission.event.demo,
        exitCode,
      }),
    )
    return
  }
  if (admission.event.demo) say(language, 'demo')
  if (admission.repaired) say(language, 'repaired', { bytes: admission.repaired.bytes })
  if (admission.admitted) {
    const { entry } = admission
    say(language, 'admitted', { entry: entry.id, date: shownDate(entry.validUntil, language) })
    console.log(`  ${productOf(entry)}`)
  } else say(language, 'refused', { count: reasons.length })
  for (const { text } of reasons) console.log(`  - ${plain(text)}`)
  for (const fault of seal.faults) console.log(`    ${plain(faultText(language, fault))}`)
  if (signer.why) console.log(`    ${plain(faultText(language, signer.why))}`)
  const again = verdicts.why && bilingual('cli', `verify.${verdicts.why.code}`)
  if (again) console.log(`    ${plain(fill(again[language], verdicts.why?.values))}`)
  for (const { text } of notes) console.log(`  · ${plain(text)}`)
}

const worded = (values: Message['values'], language: Language): Message['values'] => {
  const { overall } = values
  return typeof overall === 'string' ? { ...values, overall: t(language, 'catalog', `overall.${overall}`) } : values
}

const productOf = (e: Standing['entry']): string =>
  plain(`${e.vendor} / ${e.model} / ${e.hardware} / ${e.firmware.version}`)

export function printList(store: Store, asOf: string, language: Language, json: boolean): void {
  const rows = store.state.standings.map((standing) => ({ standing, status: statusOn(standing, asOf) }))
  if (json) {
    const entries = rows.map(({ standing, status }) => ({ status, ...standing }))
    console.log(JSON.stringify({ asOf, ...checkedOf(store), refused: store.state.refused, entries }))
    return
  }
  printChecked(store, language)
  if (rows.length === 0) say(language, 'list-empty')
  for (const row of rows) console.log(rowOf(row, language))
}

function rowOf({ standing, status }: { standing: Standing; status: Status }, language: Language): string {
  const { entry } = standing
  const state = t(language, 'catalog', `status.${status}`)
  const why = status === 'approved' ? '' : ` – ${plain(whyOf({ standing, status }, language))}`
  return `${entry.id}  ${state}  ${productOf(entry)}  ${entry.regulation.id} ${entry.regulation.edition}  → ${shownDate(entry.validUntil, language)}${why}`
}

export function printAnswer({ answer, asOf, entries }: Answer, store: Store, language: Language, json: boolean): void {
  if (json) {
    console.log(
      JSON.stringify({
        answer,
        asOf,
        ...checkedOf(store),
        entries: entries.map(({ standing, status }) => ({ status, ...standing })),
      }),
    )
    return
  }
  const distinct = (values: string[]): string => [...new Set(values)].join(', ')
  console.log(
    plain(
      t(language, 'catalog', `answer.${answer}`, {
        date: shownDate(asOf, language),
        firmware: distinct(entries.map((e) => e.standing.entry.firmware.version)),
        hardware: distinct(entries.map((e) => e.standing.entry.hardware)),
      }),
    ),
  )
  for (const row of entries) console.log(`  ${rowOf(row, language)}`)
  printChecked(store, language)
}
