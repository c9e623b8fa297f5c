import { CONFORMING, type Behaviour } from './behaviour.ts'

/** One switch, the criteria it must make fail, and how somebody else's client sees it. */
export interface Weakness {
  /** Its file name. */
  id: string
  title: { en: string; vi: string }
  /** Every criterion that fails because of it, and none that does not. */
  criteria: string[]
  /** Criteria that it keeps from passing without failing them: what remains cannot tell it from a fault of the bench. */
  undecided?: string[]
  /** Shows only in a unit that comes out of its box. */
  arrives?: 'factory-fresh'
  /** Manners of the camera that it shows in. */
  manners?: string[]
  /** Shows only where this service is declared as well. */
  beside?: 'ssh'
  /** One command of an independent client with {ipv4}, {ipv6}, {https}, {http}, {rtsp}; or `self-proved`. */
  visibleTo: string
  apply: Partial<Behaviour>
}

/** The behaviour with the given manners and weaknesses; a later one wins where two change the same switch. */
export const behaviourWith = (changes: readonly { apply?: Partial<Behaviour> }[]): Behaviour =>
  changes.reduce<Behaviour>((behaviour, { apply }) => ({ ...behaviour, ...apply }), CONFORMING)
