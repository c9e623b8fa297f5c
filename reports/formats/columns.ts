/** Lines of at most so many columns: breaks at blanks, and words that are too long wherever they must be. */
export function linesOf(text: string, width: number, continued = 2): string[] {
  const lines: string[] = []
  let line = ''
  const room = () => width - (lines.length > 0 ? continued : 0)
  for (const word of text.split(' ')) {
    if (line !== '' && columns(line) + 1 + columns(word) > room()) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
    while (columns(line) > room()) {
      const cut = cutAt(line, room())
      lines.push(line.slice(0, cut))
      line = line.slice(cut)
    }
  }
  return [...lines, line].map((l, i) => (i > 0 ? ' '.repeat(continued) + l : l))
}

/** East Asian wide characters take two columns; combining marks none. */
const widthOf = (c: string): number =>
  /^[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]$/.test(c)
    ? 0
    : /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u.test(
          c,
        )
      ? 2
      : 1

const columns = (text: string): number => [...text].reduce((sum, c) => sum + widthOf(c), 0)

/** Index of the code unit where so many columns are full; at least one character. */
function cutAt(text: string, room: number): number {
  let [at, used] = [0, 0]
  for (const c of text) {
    if (at > 0 && used + widthOf(c) > room) break
    used += widthOf(c)
    at += c.length
  }
  return at
}
