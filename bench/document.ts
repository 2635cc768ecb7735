/** There is no place in the page for a table. */
export class MissingMarkersError extends Error {
  override readonly name = 'MissingMarkersError'
}

/** The page with a text between its markers `<!-- bench: name -->` and `<!-- /bench -->`, instead of what was there. */
export function fillIn(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- bench: ${name} -->\n`, '<!-- /bench -->']
  const from = page.indexOf(begin) + begin.length
  const to = page.indexOf(end, from)
  if (from < begin.length || to < 0)
    throw new MissingMarkersError(`The page has no place for ${name}: give it the lines ${begin.trim()} and ${end}.`)
  return `${page.slice(0, from)}\n${text}\n\n${page.slice(to)}`
}
