import {
  any,
  base64,
  bool,
  int,
  list,
  map,
  micros,
  obj,
  oneOf,
  opt,
  orNull,
  port,
  sha256Hex,
  str,
  text,
  type Static,
} from '../suites/schema.ts'
import { DISCLOSURES, STATES } from '../suites/observation.ts'
import { OUTCOMES, OVERALLS } from '../suites/roll-up.ts'

/** The record of a run: what was claimed, by whom, from which evidence. Schema `report/1`, published in docs/. */

const message = obj({ code: text(), values: map(any()) })
const state = oneOf(...STATES)
const cite = obj({ kind: text(), subject: str(), state, at: str('RFC 6901 JSON pointer into the observation') })

export const findingSchema = obj({
  is: oneOf('evidence', 'violation', 'gap'),
  certainty: oneOf('confirmed', 'suspect'),
  message,
  cites: list(cite),
  expected: opt(message),
})

export const judgementSchema = obj({
  criterion: text(),
  criterionVersion: str(),
  parametersDigest: sha256Hex(),
  subject: str(),
  state: orNull(state),
  verdict: oneOf('pass', 'fail', 'inconclusive', 'not-applicable'),
  findings: list(findingSchema),
})

const regulationOutcome = obj({
  regulation: text(),
  edition: text(),
  digest: sha256Hex(),
  overall: oneOf(...OVERALLS),
  indicative: bool(),
  clauses: list(
    obj({
      clause: text(),
      level: oneOf('required', 'recommended'),
      outcome: oneOf(...OUTCOMES),
      judgements: list(int()),
      why: orNull(message),
    }),
  ),
})

export const verdictsSchema = obj({
  demand: list(
    obj({
      criterion: text(),
      parameters: map(any()),
      parametersDigest: sha256Hex(),
      askedBy: list(obj({ regulation: text(), clause: text() })),
      selected: bool(),
    }),
  ),
  judgements: list(judgementSchema),
  regulations: list(regulationOutcome),
})

/** The laboratory and its bench (ISO/IEC 17025:2017 7.5, 7.8.2.1). Null where nobody stated it. */
export const benchRecordSchema = obj({
  camseal: oneOf('bench/1'),
  laboratory: obj({
    name: text(),
    address: orNull(text()),
    place: orNull(text('where the tests were done')),
    accreditation: orNull(obj({ body: text(), number: text(), scope: text(), designation: orNull(text()) })),
  }),
  people: list(obj({ name: text(), role: oneOf('operator', 'approver'), methods: list(text()) })),
  equipment: list(obj({ name: text(), version: text(), identification: opt(text()), calibrated: opt(text()) })),
  clockSource: orNull(text('named source the clock offset is measured against; measured where it is ntp://ADDRESS')),
  /** Lab addresses that connections come from and receivers listen on. */
  addresses: obj({ ipv4: list(text()), ipv6: list(text()) }),
  /**
   * How packets are captured. `sees`: every packet of the device passes the interface (`device`: the lab is its gateway, or
   * a switch mirrors its port), or only those for the lab and for everybody (`lab`, also where nothing is said).
   */
  capture: opt(obj({ interface: opt(text()), sees: oneOf('device', 'lab') })),
  /**
   * An address on the Internet that is the lab's own, which it tells devices that take it for their router; one of
   * documentation where nothing is said, with which some devices do not go on.
   */
  outside: opt(text('IPv4 address')),
  deviations: list(text()),
  decisionRule: orNull(text()),
  subcontracted: list(text()),
  /** DEMO benches are no laboratory. */
  demo: opt(bool()),
})
export type BenchRecord = Static<typeof benchRecordSchema>

export const HOOKS = ['reset', 'power', 'flash', 'sign-variant'] as const
export type HookName = (typeof HOOKS)[number]

const hook = obj({
  command: opt(list(text('program and arguments, run without a shell'))),
  shell: opt(text('command line for /bin/sh, in place of `command`')),
  seconds: opt(int(1, 3600)),
})
export type HookTable = Partial<Record<HookName, Static<typeof hook>>>

const secret = obj({ env: opt(text()), file: opt(text()), prompt: opt(bool()) }, 'a reference, never the value')

/** A port of the lab's own switch that gives power over Ethernet (POWER-ETHERNET-MIB, RFC 3621). */
const poe = obj({
  address: text('IP address of the switch'),
  /** Of SNMP; 161. */
  port: opt(port()),
  /** Version 2c; in its place a user for version 3 (RFC 3414). */
  community: opt(secret),
  user: opt(
    obj({
      name: text(),
      auth: opt(obj({ protocol: oneOf('sha', 'sha256', 'sha512'), password: secret })),
      privacy: opt(obj({ protocol: oneOf('aes'), password: secret })),
    }),
  ),
  /** pethPsePortGroupIndex and pethPsePortIndex. */
  group: int(1),
  interface: int(1),
  /** Row of the IF-MIB (RFC 2863), where its number is another one than `interface`. */
  ifIndex: opt(int(1)),
})
export type PoeEntry = Static<typeof poe>
const powerEntry = obj({ poe: opt(poe), operator: opt(bool()) })
/** How the power of each sample is switched, by the sample's id in the statement; others by the hook `power`. */
export type PowerTable = Record<string, Static<typeof powerEntry>>

export const BENCH_SERVICES = ['dhcp', 'dns', 'ntp', 'mail'] as const
export type BenchService = (typeof BENCH_SERVICES)[number]

const range = obj({ first: text('address'), last: text('address') })
/** What `camseal bench up` gives the devices of an isolated network. */
const benchNetwork = obj({
  interface: text('of this machine, towards the devices and nothing else; the lab has its addresses there already'),
  /** All where nothing is said. */
  services: opt(list(oneOf(...BENCH_SERVICES))),
  /** Addresses given by DHCP; a family without a range gets none. */
  leases: opt(obj({ ipv4: opt(range), ipv6: opt(range) })),
  /** Names that DNS knows. */
  names: opt(list(obj({ name: text(), address: text() }))),
  /** Every other name: `none`, where nothing is said, there is none; `lab`: it has the lab's address. */
  otherNames: opt(oneOf('none', 'lab')),
})
export type BenchNetwork = Static<typeof benchNetwork>

/** The bench file: what the report says of the bench, and its commands, its power and its network, which the report leaves out. */
export const benchFileSchema = obj({
  ...benchRecordSchema.properties,
  network: opt(benchNetwork),
  hooks: opt(obj({ reset: opt(hook), power: opt(hook), flash: opt(hook), 'sign-variant': opt(hook) })),
  power: opt(map(powerEntry)),
})

export const reportSchema = obj(
  {
    camseal: oneOf('report/1'),
    run: obj({
      id: text('random, 32 hexadecimal digits'),
      mode: oneOf('official', 'rehearsal'),
      demo: bool(),
      selection: obj({
        only: list(text()),
        skip: list(text()),
        areas: list(text()),
        tiers: list(text()),
        /** TCP ports and ranges that were swept beside the declared ones, where not all were. */
        ports: opt(list(text())),
        deselected: list(text()),
      }),
      /** Number of this official run on this bench, taken at plan time, and the earlier ones of the same sample and firmware (rule 9). */
      sequence: orNull(
        obj({
          number: int(1),
          signature: orNull(base64('CMS by the bench key over the canonical number, statement digest and time')),
          earlier: list(
            obj({
              number: int(1),
              run: text(),
              startedAt: micros(),
              ended: oneOf('complete', 'aborted', 'open'),
              overall: orNull(str()),
            }),
          ),
        }),
      ),
      retestOf: orNull(obj({ report: sha256Hex(), why: text() })),
      startedAt: micros(),
      endedAt: micros(),
      resumed: int(),
    }),
    tool: obj({
      name: oneOf('camseal'),
      version: text(),
      suiteDigest: sha256Hex(),
      suite: oneOf('released', 'unreleased'),
      node: text(),
      platform: text(),
    }),
    /** Detection and false-alarm rates of this harness; null where it was not qualified on this bench. */
    qualification: orNull(obj({ digest: sha256Hex(), date: text() })),
    bench: benchRecordSchema,
    clockOffset: orNull(
      obj({
        source: text(),
        /** Microseconds that the lab's clock was ahead of the source. */
        start: orNull(int(-Number.MAX_SAFE_INTEGER)),
        end: orNull(int(-Number.MAX_SAFE_INTEGER)),
        /** The greater one of both. */
        uncertainty: opt(int()),
      }),
    ),
    statement: obj({ digest: sha256Hex(), original: orNull(sha256Hex()) }),
    dut: any(),
    samples: list(any()),
    client: orNull(any()),
    regulations: list(
      obj({ id: text(), edition: text(), digest: sha256Hex(), text: oneOf('own', 'verified', 'reconstructed') }),
    ),
    catalogues: list(obj({ id: text(), edition: text(), digest: sha256Hex() })),
    /** Number of lines, and SHA-256 of the last line: the head of the hash chain. */
    journal: obj({ lines: int(1), head: sha256Hex() }),
    verdicts: verdictsSchema,
    /** How the time was spent. */
    timeline: list(
      obj({
        kind: text(),
        subject: str(),
        state,
        startedAt: micros(),
        endedAt: micros(),
        answered: bool(),
        waited: micros(),
      }),
    ),
    /** What the run changed on the device, and whether it was taken back. */
    changes: list(obj({ id: text(), about: message, outcome: oneOf('undone', 'open', 'lasting') })),
    /** What the bench did to the power of the samples, and what was seen of it; absent where it did nothing. */
    power: opt(list(obj({ at: micros(), about: message }))),
    /** "Relates only to the items tested", and further notes of the laboratory. */
    notes: list(text()),
    /** Disclosure class of every member of the bundle that not everyone may see (rule 13). */
    disclosure: map(oneOf(...DISCLOSURES)),
  },
  'Camseal report',
)

export type Report = Static<typeof reportSchema>

/** What a finding's evidence looks like to a renderer: the observation, its value, and where it is stored. */
export interface RenderedObservation {
  kind: string
  subject: string
  state: (typeof STATES)[number]
  object: string | null
  seen: unknown
  startedAt: number
  endedAt: number
  probe: string
}
