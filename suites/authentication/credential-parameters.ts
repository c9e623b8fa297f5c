import { oneOf, obj, opt } from '../schema.ts'

/** EN 303 645 provision 5.1-1 leaves the factory default state out; other texts do not. */
export const credentialParameters = obj({ inFactoryState: opt(oneOf('forbidden', 'allowed')) })
