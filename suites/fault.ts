/** One fault of an input, as data: all faults of an input are reported at once. Texts live in reports/locales/faults*.yaml. */
export interface Fault {
  code: string
  values: Record<string, string | number>
  file?: string
  line?: number
  /** RFC 6901 pointer of the field, or a member name. */
  field?: string
}

export type Result<T> = { ok: true; value: T } | { ok: false; faults: Fault[] }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })
export const faulty = (...faults: Fault[]): Result<never> => ({ ok: false, faults })
