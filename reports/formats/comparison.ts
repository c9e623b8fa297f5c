import { CHANGES, countsOf, type Comparison } from '../compare.ts'
import { t, type Language } from '../locales/index.ts'
import { criterionTitle, subjectLabel, word } from './texts.ts'
import { visible } from './visible.ts'

/** A comparison as lines for a terminal: warnings, counts, and each change under its heading. */
export function comparisonLines(comparison: Comparison, language: Language): string[] {
  const counts = countsOf(comparison)
  const name = (key: string) => t(language, 'diff', `change.${key}`)
  return [
    ...comparison.warnings.map((w) => `! ${visible(t(language, 'diff', w.code, w.values))}`),
    CHANGES.map((k) => `${counts[k]} ${name(k)}`).join(' · '),
    ...CHANGES.flatMap((kind) => {
      const changes = comparison.changes.filter((c) => c.change === kind)
      if (changes.length === 0) return []
      return [
        '',
        `${name(kind).toUpperCase()} (${changes.length})`,
        ...changes.flatMap((c) => {
          const state = c.state ? ` · ${word(language, `state.${c.state}`)}` : ''
          const verdict = (v: string | null) => (v === null ? name('absent') : word(language, `outcome.${v}`))
          return [
            `  ${criterionTitle(c.criterion)[language]} [${c.regulation} ${c.clause}]: ${verdict(c.before)} → ${verdict(c.after)}`,
            `    ${subjectLabel(c.subject)[language]}${state}`,
            `    ${c.id}`,
          ].map((line) => visible(line))
        }),
      ]
    }),
  ]
}
