import { html, type Content, type Markup } from '../markup.ts'
import type { ReportSource } from '../source.ts'
import { criterionTitle, instant, say, told } from '../texts.ts'
import { stampsOf } from '../stamps.ts'
import { quoted, stating } from './bytes.ts'

type Row = [key: string, value: Content]

/** A record nobody stated is said to be so, never left out (ISO/IEC 17025:2017 7.8). */
const stated = (value: string | null | undefined): Content =>
  value === null || value === undefined || value === ''
    ? html`<span class="none">${say('not-stated')}</span>`
    : stating(value)

const several = (values: readonly Content[]): Content =>
  values.length === 0
    ? html`<span class="none">${say('none-stated')}</span>`
    : html`<ul>${values.map((v) => html`<li>${v}</li>`)}</ul>`

const facts = (rows: Row[]): Markup =>
  html`<dl class="facts">${rows.map(([key, value]) => html`<div><dt>${say(key)}</dt><dd>${value}</dd></div>`)}</dl>`

const digest = (value: string): Markup => html`<code class="digest">${value}</code>`

/** What was tested, by whom, with what. */
export function identificationSection({ report, statement }: ReportSource): Markup {
  const { dut, samples } = statement
  const { tool, bench, journal } = report
  return html`<section id="identification"><h2>${say('identification.heading')}</h2><div class="columns">
<div><h3>${say('identification.device')}</h3>${facts([
    ['identification.maker', stated([dut.maker.name, dut.maker.country].filter((v) => v !== undefined).join(', '))],
    ['identification.model', stated([dut.brand, dut.model].filter((v) => v !== undefined).join(' '))],
    ['identification.hardware', stated(dut.hardware)],
    [
      'identification.firmware',
      html`${quoted(dut.firmware.version)} <small>${say(`firmware.${dut.firmware.link}`)}</small>`,
    ],
    ['identification.image', dut.firmware.sha256 === undefined ? stated(null) : digest(dut.firmware.sha256)],
    [
      'identification.samples',
      several(
        samples.map(
          (s) =>
            html`<b>${stating(s.id)}</b> · ${say('identification.serial', { serial: quoted(s.serial) })} · ${s.macs.map((m) => html`<code>${m}</code> `)}${[s.addresses.ipv4, s.addresses.ipv6].map((a) => a !== null && html`<code>${a}</code> `)}`,
        ),
      ),
    ],
  ])}</div>
<div><h3>${say('identification.test')}</h3>${facts([
    [
      'identification.laboratory',
      stampsOf(report).includes('demo')
        ? say('identification.no-laboratory', { name: stating(bench.laboratory.name) })
        : stated(bench.laboratory.name),
    ],
    [
      'identification.people',
      several(bench.people.map((p) => html`${stating(p.name)} <small>${say(`role.${p.role}`)}</small>`)),
    ],
    ['identification.when', html`${instant(report.run.startedAt)} – ${instant(report.run.endedAt)}`],
    [
      'identification.run',
      html`<code class="digest">${report.run.id}</code> <small>${say(`mode.${report.run.mode}`)}</small>`,
    ],
    [
      'identification.addresses',
      several([...bench.addresses.ipv4, ...bench.addresses.ipv6].map((a) => html`<code>${a}</code>`)),
    ],
    ['identification.tool', html`${tool.name} ${tool.version} <small>Node ${tool.node} · ${tool.platform}</small>`],
  ])}</div></div>
<h3>${say('identification.basis')}</h3>
<div class="wide"><table><thead><tr><th scope="col">${say('identification.item')}</th><th scope="col">${say('identification.edition')}</th><th scope="col">SHA-256</th></tr></thead><tbody>
${report.regulations.map((r) => html`<tr><th scope="row">${r.id} <small>${say(`law.${r.text}`)}</small></th><td>${r.edition}</td><td>${digest(r.digest)}</td></tr>`)}
${report.catalogues.map((c) => html`<tr><th scope="row">${say('identification.catalogue', { id: c.id })}</th><td>${c.edition}</td><td>${digest(c.digest)}</td></tr>`)}
<tr><th scope="row">${say('identification.suite')}</th><td>${say(`suite.${tool.suite}`)}</td><td>${digest(tool.suiteDigest)}</td></tr>
<tr><th scope="row">${say('identification.statement')}</th><td></td><td>${digest(report.statement.digest)}</td></tr>
<tr><th scope="row">${say('identification.journal')}</th><td>${say('identification.lines', { count: journal.lines })}</td><td>${digest(journal.head)}</td></tr>
</tbody></table></div></section>`
}

/** The records of ISO/IEC 17025:2017 7.5 and 7.8. */
export function recordsSection({ report, statement }: ReportSource): Markup {
  const { bench, run, clockOffset, qualification } = report
  const { laboratory } = bench
  const offset = (micros: number | null | undefined) =>
    micros === null || micros === undefined ? stated(null) : html`${micros} µs`
  const accreditation = laboratory.accreditation
  return html`<section id="records"><h2>${say('records.heading')}</h2><p class="lead">${say('records.lead')}</p>${facts(
    [
      ['records.laboratory', stated(laboratory.name)],
      ['records.address', stated(laboratory.address)],
      ['records.place', stated(laboratory.place)],
      [
        'records.accreditation',
        accreditation
          ? stating(`${accreditation.body} · ${accreditation.number} · ${accreditation.scope}`)
          : stated(null),
      ],
      ['records.designation', stated(accreditation?.designation)],
      [
        'records.client',
        statement.client
          ? stated(
              [statement.client.name, statement.client.address, statement.client.contact]
                .filter((v) => v !== undefined)
                .join(' · '),
            )
          : stated(null),
      ],
      [
        'records.maker',
        stated(
          [statement.dut.maker.name, statement.dut.maker.address, statement.dut.maker.contact]
            .filter((v) => v !== undefined)
            .join(' · '),
        ),
      ],
      [
        'records.firmware',
        html`${say(`firmware.${statement.dut.firmware.link}`)}; ${say('records.source')} ${stated(statement.dut.firmware.source)}`,
      ],
      [
        'records.people',
        several(
          bench.people.map(
            (p) =>
              html`${stating(p.name)} — ${say(`role.${p.role}`)} <small>${p.methods.length > 0 ? p.methods.map((m, i) => html`${i > 0 && ', '}${stating(m)}`) : stated(null)}</small>`,
          ),
        ),
      ],
      [
        'records.equipment',
        several(
          bench.equipment.map(
            (e) =>
              html`${stating(`${e.name} ${e.version}`)} <small>${say('records.equipment-id')} ${stated(e.identification)}; ${say('records.calibrated')} ${stated(e.calibrated)}</small>`,
          ),
        ),
      ],
      [
        'records.qualification',
        qualification
          ? html`${stating(qualification.date)} ${digest(qualification.digest)}`
          : html`<span class="none">${say('records.not-qualified')}</span>`,
      ],
      [
        'records.clock',
        html`${stated(clockOffset?.source ?? bench.clockSource)}; ${say('records.offset-start')} ${offset(clockOffset?.start)}, ${say('records.offset-end')} ${offset(clockOffset?.end)}${clockOffset?.uncertainty !== undefined && html` (± ${clockOffset.uncertainty} µs)`}`,
      ],
      ['records.deviations', several(bench.deviations.map((d) => stating(d, 1000)))],
      ['records.decision', stated(bench.decisionRule)],
      ['records.subcontracted', several(bench.subcontracted.map((d) => stating(d, 1000)))],
      [
        'records.sequence',
        run.sequence ? html`${run.sequence.number}` : html`<span class="none">${say('records.no-sequence')}</span>`,
      ],
      [
        'records.earlier',
        several(
          (run.sequence?.earlier ?? []).map(
            (e) =>
              html`${e.number} · ${instant(e.startedAt)} · ${say(`ended.${e.ended}`)}${e.overall !== null && html` · ${say(`overall.${e.overall}`)}`} <code class="digest">${e.run}</code>`,
          ),
        ),
      ],
      [
        'records.retest',
        run.retestOf ? html`${stating(run.retestOf.why)} ${digest(run.retestOf.report)}` : say('records.no-retest'),
      ],
      ['records.original', report.statement.original === null ? stated(null) : digest(report.statement.original)],
      ['records.notes', several(report.notes.map((n) => stating(n, 2000)))],
    ],
  )}
<h3>${say('records.samples')}</h3>
<div class="wide"><table><thead><tr>${['id', 'serial', 'chosen', 'received', 'condition', 'arrives', 'custody', 'returned'].map((k) => html`<th scope="col">${say(`sample.${k}`)}</th>`)}</tr></thead><tbody>
${statement.samples.map((s) => html`<tr><th scope="row">${stating(s.id)}</th><td>${stated(s.serial)}</td><td>${stated(s.chosenBy)}</td><td>${stated(s.received && `${s.received.on}, ${s.received.how}`)}</td><td>${stated(s.received?.condition)}</td><td>${say(`state.${s.arrives}`)}</td><td>${s.custody === undefined ? stated(null) : several(s.custody.map((c) => stating(c)))}</td><td>${stated(s.returned)}</td></tr>`)}
</tbody></table></div></section>`
}

/** What the run changed on the device, and whether it was taken back. */
export const changesSection = ({
  report,
}: ReportSource): Markup => html`<section id="changes"><h2>${say('changes.heading')}</h2>
${
  report.changes.length === 0
    ? html`<p>${say('changes.none')}</p>`
    : html`<p class="lead">${say('changes.lead')}</p><ul class="changes">${report.changes.map(
        (c) =>
          html`<li class="${c.outcome}"><b>${say(`changes.${c.outcome}`)}</b> ${told(c.about)} <code>${c.id}</code></li>`,
      )}</ul>`
}${report.power && html`<h3>${say('changes.power')}</h3><ol>${report.power.map((n) => html`<li>${instant(n.at)} ${told(n.about)}</li>`)}</ol>`}${report.verdicts.demand.some((d) => !d.selected) && html`<p class="faint">${say('changes.deselected')} ${report.verdicts.demand.filter((d) => !d.selected).map((d, i) => html`${i > 0 && ', '}${criterionTitle(d.criterion)}`)}</p>`}</section>`
