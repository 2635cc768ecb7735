const pattern =
  /(?<c>\/\/[^\n]*)|(?<s>'[^'\n]*'|`[^`]*`)|\b(?<k>import|from|export|const|class|return|await|new|this|for|of|async|function)\b|\b(?<n>\d+)\b|(?<f>[A-Za-z_]\w*)(?=\()/g

/** TypeScript source as HTML with one `<span>` a token: keyword, string, number, comment, call. */
export function highlight(source: string): string {
  let html = ''
  let end = 0
  for (const match of source.matchAll(pattern)) {
    const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0]
    html += encodeEntities(source.slice(end, match.index))
    html += `<span class="${kind}">${encodeEntities(match[0])}</span>`
    end = match.index + match[0].length
  }
  return html + encodeEntities(source.slice(end))
}

/** Undoes the entities that an HTML file needs inside `<code>`. */
export function decodeEntities(html: string): string {
  return html.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

function encodeEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
