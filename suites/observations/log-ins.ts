import type { Account, Family, Login, Sample, Service, Session, Statement } from '../statement.ts'
import { FAMILIES } from '../statement.ts'
import { loginSubject } from '../subject.ts'
import type { Spoken } from './endpoints.ts'

/** A declared log-in with what it refers to. */
export interface DeclaredLogin {
  login: Login
  service: Service
  account: Account
}

export const isSpoken = (service: Service, protocol: Spoken): boolean =>
  service.transport === 'tcp' && (service.protocol === protocol || service.protocol === `${protocol}s`)

/** Every declared log-in over a protocol, in the order declared; one whose service or account is not declared is left out. */
export const loginsOver = (statement: Statement, protocol: Spoken): DeclaredLogin[] =>
  statement.logins.flatMap((login) => {
    const service = statement.services.find((s) => s.id === login.service)
    const account = statement.accounts.find((a) => a.id === login.account)
    return service && account && isSpoken(service, protocol) ? [{ login, service, account }] : []
  })

/** Whether a target is asked for in a session rather than by a challenge. */
export const isInSession = ({ challenged, targets }: Session, target: string): boolean =>
  challenged?.includes(target) !== true && (targets?.includes(target) ?? true)

/** The declared log-ins that are made in a session. */
export const sessionLogins = (statement: Statement): DeclaredLogin[] =>
  loginsOver(statement, 'http').filter(
    ({ service: { session }, login }) => session && isInSession(session, login.target),
  )

/** One log-in of every service that keeps sessions: that of a spare account, else the first. */
export const sessionServices = (statement: Statement): DeclaredLogin[] => {
  const all = sessionLogins(statement)
  return [...new Set(all.map(({ service }) => service.id))].flatMap((id) => {
    const here = all.filter(({ service }) => service.id === id)
    return (here.find(({ account }) => account.spare === true) ?? here[0]) || []
  })
}

/** A subject for each sample and log-in. */
export const loginSubjects = (statement: Statement, logins: DeclaredLogin[]): string[] =>
  statement.samples.flatMap((s) => logins.map(({ login }) => loginSubject(s.id, login.id)))

/** The first address family that the service is declared for and the sample has. */
export const familyOf = (service: Service, sample: Sample): Family | null =>
  FAMILIES.find((f) => service.families.includes(f) && sample.addresses[f] !== null) ?? null

export const isTls = (service: Service): boolean => service.protocol === 'https' || service.protocol === 'rtsps'
