import { FAMILIES, type BruteForce, type Service, type Statement } from '../statement.ts'
import { endpointOf } from '../subject.ts'

export const ONVIF_SCHEMES = ['digest', 'username-token'] as const
export type OnvifScheme = (typeof ONVIF_SCHEMES)[number]
export type OnvifDeclared = Service & { onvif: NonNullable<Service['onvif']> }

/** Where an ONVIF device has its device service, whatever else it says (ONVIF Core, device management). */
export const USUAL_TARGET = '/onvif/device_service'

/** Services that are declared to speak ONVIF. */
export const onvifServices = ({ services }: Statement): OnvifDeclared[] =>
  services.filter((s): s is OnvifDeclared => s.onvif !== undefined && s.transport === 'tcp')

/** The declared ONVIF service of an endpoint. */
export const onvifAt = (statement: Statement, subject: string): OnvifDeclared | null => {
  const { family, port } = endpointOf(subject)
  return onvifServices(statement).find((s) => s.port === port && s.families.includes(family)) ?? null
}

/** One way to log in to one ONVIF service of one sample. */
export const onvifLoginSubject = (sample: string, service: string, scheme: OnvifScheme): string =>
  `${sample}/onvif/${service}/${scheme}`

/** Every declared ONVIF log-in of the schemes, on every sample that the service reaches. */
export const onvifLoginSubjects = (statement: Statement, schemes: readonly OnvifScheme[]): string[] =>
  statement.samples.flatMap((sample) =>
    onvifServices(statement)
      .filter((s) => FAMILIES.some((f) => s.families.includes(f) && sample.addresses[f] !== null))
      .flatMap((s) =>
        s.onvif.authentication
          .filter((scheme) => schemes.includes(scheme))
          .map((scheme) => onvifLoginSubject(sample.id, s.id, scheme)),
      ),
  )

/** The service and scheme of a log-in subject; null where they are not declared. */
export function onvifLoginOf(
  statement: Statement,
  subject: string,
): { service: OnvifDeclared; scheme: OnvifScheme } | null {
  const [, , id, named] = subject.split('/')
  const service = onvifServices(statement).find((s) => s.id === id)
  const scheme = service?.onvif.authentication.find((s) => s === named)
  return service && scheme ? { service, scheme } : null
}

/** The protection declared for a log-in at the same service, of the ONVIF account before others: one lock is usually behind all of them. */
export function onvifRule({ logins, bruteForce }: Statement, service: OnvifDeclared): BruteForce | undefined {
  const here = bruteForce.filter((r) => logins.some((l) => l.id === r.login && l.service === service.id))
  const isOwn = (r: BruteForce): boolean => logins.some((l) => l.id === r.login && l.account === service.onvif.account)
  return here.find(isOwn) ?? here[0]
}
