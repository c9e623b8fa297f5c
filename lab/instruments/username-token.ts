import { createHash, randomBytes } from 'node:crypto'
import { WSSE, WSU } from '../../suites/facts/onvif.ts'
import type { Credential } from '../probe.ts'

const PROFILE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0'
const ENCODING = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary'

/** The only way by which text gets into XML. */
export const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

/** A security header with the digest of a password (OASIS WS-Security UsernameToken Profile 1.1.1, section 3.1). */
export function usernameToken(
  { user, password }: Pick<Credential, 'user' | 'password'>,
  created: string,
  nonce: Uint8Array = randomBytes(16),
): string {
  const digest = createHash('sha1').update(nonce).update(created, 'utf8').update(password, 'utf8').digest('base64')
  return (
    `<w:Security xmlns:w="${WSSE}" xmlns:u="${WSU}" s:mustUnderstand="1"><w:UsernameToken>` +
    `<w:Username>${escapeXml(user)}</w:Username><w:Password Type="${PROFILE}#PasswordDigest">${digest}</w:Password>` +
    `<w:Nonce EncodingType="${ENCODING}">${Buffer.from(nonce).toString('base64')}</w:Nonce>` +
    `<u:Created>${created}</u:Created></w:UsernameToken></w:Security>`
  )
}

/** A security header with the password itself (the same profile, section 3.1, PasswordText). */
export const textToken = ({ user, password }: Pick<Credential, 'user' | 'password'>, created: string): string =>
  `<w:Security xmlns:w="${WSSE}" xmlns:u="${WSU}" s:mustUnderstand="1"><w:UsernameToken>` +
  `<w:Username>${escapeXml(user)}</w:Username><w:Password Type="${PROFILE}#PasswordText">${escapeXml(password)}</w:Password>` +
  `<w:Nonce EncodingType="${ENCODING}">${randomBytes(16).toString('base64')}</w:Nonce>` +
  `<u:Created>${created}</u:Created></w:UsernameToken></w:Security>`
