import type { Fault } from '../suites/fault.ts'

/** Every code of sealing, verifying and trusting; the texts are in locales/faults-seal.yaml. */
export const SEAL_FAULTS = [
  // The container.
  'file-unreadable',
  'not-a-zip',
  'truncated',
  'prepended-bytes',
  'trailing-bytes',
  'directory-broken',
  'unaccounted-bytes',
  'overlap',
  'header-mismatch',
  'zip-dialect',
  'encrypted',
  'method-unsupported',
  'directory-entry',
  'special-file',
  'member-count',
  'member-too-big',
  'total-too-big',
  'ratio',
  'inflate-failed',
  'inflate-size',
  'crc-mismatch',
  'more-faults',
  // Names.
  'name-too-long',
  'name-control',
  'name-not-ascii',
  'name-backslash',
  'name-drive',
  'name-absolute',
  'name-parent',
  'name-character',
  'duplicate-name',
  'case-collision',
  'name-under-file',
  // ASiC-E.
  'mimetype-not-first',
  'mimetype-compressed',
  'mimetype-wrong',
  'manifest-missing',
  'manifest-several',
  'manifest-doctype',
  'manifest-entity',
  'manifest-depth',
  'manifest-invalid',
  'manifest-duplicate',
  'digest-algorithm',
  'signature-missing',
  'signature-several',
  'unlisted-member',
  'missing-member',
  'digest-mismatch',
  'object-name',
  'object-salt',
  // The signature.
  'signature-malformed',
  'signature-not-detached',
  'signature-extra',
  'signature-weak-digest',
  'signature-algorithm',
  'signature-weak-key',
  'signature-attribute',
  'signature-certificate-missing',
  'signature-certificate-other',
  'signature-certificate-unrelated',
  'signature-digest-mismatch',
  'signature-wrong',
  // The report and what it discloses.
  'report-too-big',
  'report-not-utf8',
  'report-not-json',
  'report-too-deep',
  'report-not-canonical',
  'disclosure-invalid',
  'disclosure-not-withholdable',
  'disclosure-unknown-member',
  'withheld-public',
  // Sealing and copying.
  'run-incomplete',
  'run-stray-file',
  'output-exists',
  'write-failed',
  'nothing-withheld',
  // Keys.
  'key-unreadable',
  'key-format',
  'key-unsupported',
  'key-weak',
  'key-mismatch',
  'key-damaged',
  'key-missing',
  'certificate-missing',
  'certificate-unreadable',
  'certificate-not-now',
  'certificate-usage',
  'passphrase-needed',
  'passphrase-wrong',
  'passphrase-env-unset',
  'passphrase-file-unreadable',
  'passphrase-not-ascii',
  'passphrase-no-terminal',
  // The trust store.
  'trust-missing',
  'trust-date',
  'trust-period',
  'trust-certificate',
  'trust-certificate-weak',
  // The signer against the store.
  'signer-unknown',
  'signer-before',
  'signer-after',
  'signer-out-of-scope',
  'signer-certificate-not-now',
  'signer-chain-invalid',
  'signer-usage',
  'signer-demo',
  'signer-not-demo',
] as const

export type SealFaultCode = (typeof SEAL_FAULTS)[number]

/** Something wrong, as data: the code names the text, the values fill it. */
export interface SealFault extends Fault {
  code: SealFaultCode
}

export const fault = (code: SealFaultCode, values: SealFault['values'] = {}): SealFault => ({ code, values })

/** Text of a hostile file in a form that a terminal and a page can show: printable ASCII, at most 120 characters. */
export function printable(text: string): string {
  const shown = text
    .slice(0, 120)
    .replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return text.length > 120 ? `${shown}…` : shown
}

/** The code of a system error, never its text: texts differ between systems and name local paths. */
export const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
