import type { Fault, Result } from '../../suites/fault.ts'

/** Every code of the catalog's bad input and damaged stores; the texts are in locales/catalog.yaml under `faults`. */
export const CATALOG_FAULTS = [
  'store-missing',
  'store-exists',
  'regulation-doubled',
  'regulation-needed',
  'regulation-unknown',
  'months-wrong',
  'text-unreadable',
  'registrar-none',
  'registrar-unreadable',
  'registrar-key',
  'registrar-not-pinned',
  'registrar-demo',
  'registrar-not-demo',
  'lock-held',
  'catalog-unwritten',
  'log-empty',
  'event-not-json',
  'event-not-canonical',
  'event-field',
  'event-number',
  'event-previous',
  'event-time',
  'event-signature',
  'event-signer',
  'event-order',
  'event-demo',
  'copy-missing',
  'copy-changed',
  'report-unreadable',
  'entry-unknown',
  'entry-not-approved',
  'entry-not-suspended',
  'entry-withdrawn',
  'reason-unreadable',
  'no-certificate-in-file',
  'certificate-file-unreadable',
  'date-wrong',
  'date-before-last-event',
  'directory-foreign',
  'history-differs',
] as const

export type CatalogFaultCode = (typeof CATALOG_FAULTS)[number]

/** Something wrong with the input or the store, as data. */
export const catalogFault = (
  code: CatalogFaultCode,
  values: Fault['values'] = {},
  where: Pick<Fault, 'file' | 'line' | 'field'> = {},
): Fault => ({ code, values, ...where })

export const refuse = (code: CatalogFaultCode, values: Fault['values'] = {}): Result<never> => ({
  ok: false,
  faults: [catalogFault(code, values)],
})
