import type { XmlElement } from '../../../suites/facts/xml.ts'
import type { Actor } from '../accounts.ts'
import type { Answer } from '../api.ts'
import type { Device } from '../device.ts'
import type { Role } from '../options.ts'

export interface OperationRequest {
  device: Device
  actor: Actor
  /** The element that was sent. */
  element: XmlElement
  /** The address the client reached, as it stands in a URL. */
  host: string
  /** Of the web interface and of the streams. */
  ports: ReturnType<Device['ports']>
}

export interface Operation {
  /** Access class (ONVIF Core, access control): `public` is PRE_AUTH, `viewer` reads system and media, the rest is `admin`. */
  access: 'public' | Role
  run(request: OperationRequest): Answer
}

export type Operations = Readonly<Record<string, Operation>>

export const DEVICE_PATH = '/onvif/device_service'
export const MEDIA_PATH = '/onvif/media_service'
