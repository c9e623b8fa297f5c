import type { Gate } from './auth.ts'
import type { Behaviour } from './behaviour.ts'
import type { Log } from './log.ts'
import type { Front } from './manner.ts'
import type { CameraTimeClient } from './ntp-client.ts'
import type { CameraOptions } from './options.ts'
import type { Sessions } from './sessions.ts'
import type { State, StateStore } from './state.ts'

/** What the unit tells as its serial number. */
export const serialOf = ({ behaviour, options }: Pick<Device, 'behaviour' | 'options'>): string =>
  behaviour.foreignSerial ?? options.serial

/** The inside of the camera, as its interfaces see it. */
export interface Device {
  options: CameraOptions
  behaviour: Behaviour
  store: StateStore
  log: Log
  gate: Gate
  time: CameraTimeClient
  sessions: Sessions
  front: Pick<Required<Front>, 'opened' | 'answering'>
  /** Of the web interface and of the streams, as they are open; null where there is no plain HTTP. */
  ports(): { https: number; rtsp: number; http: number | null }
  /** Ends the streams and web sessions of a user whose password changed or who was removed. */
  endSessionsOf(user: string): void
  /** A stream was watched, or an update installed. */
  wasUsed(): void
  factorySettings(): Partial<State>
  /** Closes every door, applies the change, waits, opens again. Returns at once; a second call changes nothing. */
  reboot(reason: string, change: Partial<State>): void
  /** Closes every door; only a new start brings it back. */
  die(): void
}
