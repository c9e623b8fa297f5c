// Everything here is an addition: the pages say the same without it.

/** As the pages were folded when they were made: no case, no width, no diacritics. */
const folded = (text) =>
  text
    .normalize('NFKC')
    .toUpperCase()
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
    .replaceAll('Đ', 'D')
    .replace(/\s+/gu, ' ')
    .trim()

/** Today in Viet Nam (UTC+7). */
const today = new Date(Date.now() + 7 * 3600 * 1000).toISOString().slice(0, 10)

for (const item of document.querySelectorAll('[data-until]')) {
  const until = item.dataset.until
  const late = item.querySelector('.late')
  if (late && until && until < today) {
    late.hidden = false
    item.classList.add('is-late')
  }
}

const search = document.querySelector('.search')
if (search) {
  const input = search.querySelector('input')
  const status = search.querySelector('[role=status]')
  const rows = [...document.querySelectorAll('tbody tr[data-search]')]
  const filter = () => {
    const words = folded(input.value).split(' ').filter(Boolean)
    let shown = 0
    for (const row of rows) {
      row.hidden = !words.every((word) => row.dataset.search.includes(word))
      if (!row.hidden) shown++
    }
    const { text, none, count } = status.dataset
    status.textContent =
      words.length === 0 ? '' : shown === 0 ? none : text.replace('{shown}', String(shown)).replace('{count}', count)
  }
  input.addEventListener('input', filter)
  search.hidden = false
  filter()
}
