import { FAMILIES, type Family, type Statement } from './statement.ts'

/** Subjects are strings, so that they sort and digest the same everywhere. */
export const addressSubject = (sample: string, family: Family): string => `${sample}/${family}`
export const endpointSubject = (sample: string, family: Family, port: number): string =>
  `${sample}/${family}/${String(port).padStart(5, '0')}`
export const loginSubject = (sample: string, login: string): string => `${sample}/login/${login}`
export const updateSubject = (sample: string, update: string): string => `${sample}/update/${update}`
export const clientSubject = (sample: string, client: string): string => `${sample}/client/${client}`

/** A whole sample. */
export const unitSubject = (sample: string): string => sample

export interface AddressOf {
  sample: string
  family: Family
}
export interface EndpointOf extends AddressOf {
  port: number
}

/** The parts of an address or endpoint subject; port is 0 for an address. */
export function endpointOf(subject: string): EndpointOf {
  const [sample = '', family = '', port = '0'] = subject.split('/')
  return { sample, family: family as Family, port: Number(port) }
}

/** The sample and the declared id of a log-in, update or client subject. */
export function declaredOf(subject: string): { sample: string; id: string } {
  const [sample = '', , id = ''] = subject.split('/')
  return { sample, id }
}

/** Every declared address of every sample. */
export const addressesOf = (statement: Statement): AddressOf[] =>
  statement.samples.flatMap((s) =>
    FAMILIES.filter((f) => s.addresses[f] !== null).map((family) => ({ sample: s.id, family })),
  )
