import type { Socket } from 'node:net'
import type { Statement } from '../../suites/statement.ts'
import type { Behaviour } from './behaviour.ts'
import { manners } from './manners.generated.ts'

/** A trait of a camera that conforms and is hard to test: no weakness, so no criterion may fail because of it. */
export interface Manner {
  /** Its file name. */
  id: string
  title: { en: string; vi: string }
  apply?: Partial<Behaviour>
  /** What the maker declares because of it. */
  declare?(statement: Statement): Statement
  /** Made once for a camera. */
  front?(camera: Behind): Front
}

/** What a front can do to the camera behind it. */
export interface Behind {
  breakDown(reason: string): void
}

/** Stands between the network and the servers of the camera. */
export interface Front {
  /** A TCP connection that no server knows of yet: `serve` hands it on, now, later or never. */
  connected?(socket: Socket, serve: () => void): void
  /** A connection on which a server is about to speak HTTP or RTSP, inside TLS where there is TLS. */
  opened?(socket: Socket): void
  /** Awaited before each request from this address is looked at. */
  answering?(source: string): Promise<void>
  /** A log-in failed. */
  failed?(source: string): void
  /** Most connections that were open at once, where it counts them. */
  mostConnections?(): number
}

/** @throws TypeError naming every id that is not a manner */
export function mannersOf(ids: readonly string[]): Manner[] {
  const unknown = ids.filter((id) => !manners.some((one) => one.id === id))
  if (unknown.length > 0) throw new TypeError(`no such manner: ${unknown.join(', ')}`)
  return manners.filter((one) => ids.includes(one.id))
}

/** Several fronts, one behind the other. */
export function frontOf(given: readonly Manner[], camera: Behind): Front & Required<Omit<Front, 'connected'>> {
  const fronts = given.flatMap((one) => one.front?.(camera) ?? [])
  const guards = fronts.flatMap(({ connected }) => connected ?? [])
  return {
    ...(guards.length > 0
      ? {
          connected: (socket: Socket, serve: () => void) =>
            guards.reduceRight<() => void>((next, guard) => () => guard(socket, next), serve)(),
        }
      : {}),
    opened: (socket) => fronts.forEach((front) => front.opened?.(socket)),
    async answering(source) {
      for (const front of fronts) await front.answering?.(source)
    },
    failed: (source) => fronts.forEach((front) => front.failed?.(source)),
    mostConnections: () => Math.max(0, ...fronts.map((front) => front.mostConnections?.() ?? 0)),
  }
}
