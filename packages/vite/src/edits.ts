/** Replaces code from `start` to `end` (equal: inserts) by a text without line breaks. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A source map, version 3. */
export interface SourceMap {
  readonly version: 3
  readonly sources: string[]
  readonly sourcesContent: string[]
  readonly names: string[]
  readonly mappings: string
}

/** Applies edits that do not overlap, with a source map that is exact to the word. */
export function applyEdits(code: string, edits: readonly Edit[], file: string): { code: string; map: SourceMap } {
  const output: string[] = []
  const mappings = new Mappings(code)
  let position = 0
  const copy = (end: number) => {
    output.push(code.slice(position, end))
    mappings.copy(position, end)
  }
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    copy(edit.start)
    output.push(edit.text)
    mappings.insert(edit.start, edit.text.length)
    position = edit.end
  }
  copy(code.length)
  const map: SourceMap = { version: 3, sources: [file], sourcesContent: [code], names: [], mappings: mappings.encoded }
  return { code: output.join(''), map }
}

/** Builds the `mappings` of a source map from pieces given in order. */
class Mappings {
  encoded = ''
  readonly #code: string
  readonly #lineStarts: number[]
  #line = 0
  #column = 0
  #lastColumn = 0
  #lastSourceLine = 0
  #lastSourceColumn = 0
  #lineIsEmpty = true

  constructor(code: string) {
    this.#code = code
    this.#lineStarts = [0, ...Array.from(code.matchAll(/\n/g), (found) => found.index + 1)]
  }

  copy(start: number, end: number): void {
    for (const { 0: piece, index } of this.#code.slice(start, end).matchAll(/\n|[\w$]+|[^\w$\n]/g)) {
      if (piece === '\n') {
        this.encoded += ';'
        this.#column = this.#lastColumn = 0
        this.#lineIsEmpty = true
      } else {
        this.#segment(start + index)
        this.#column += piece.length
      }
    }
  }

  insert(at: number, length: number): void {
    this.#segment(at)
    this.#column += length
  }

  #segment(position: number): void {
    while ((this.#lineStarts[this.#line + 1] ?? Number.POSITIVE_INFINITY) <= position) this.#line++
    const column = position - (this.#lineStarts[this.#line] ?? 0)
    const fields = [
      this.#column - this.#lastColumn,
      0,
      this.#line - this.#lastSourceLine,
      column - this.#lastSourceColumn,
    ]
    this.encoded += (this.#lineIsEmpty ? '' : ',') + fields.map(vlq).join('')
    this.#lineIsEmpty = false
    this.#lastColumn = this.#column
    this.#lastSourceLine = this.#line
    this.#lastSourceColumn = column
  }
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function vlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1
  let text = ''
  do {
    const digit = rest & 31
    rest >>>= 5
    text += digits[rest > 0 ? digit | 32 : digit]
  } while (rest > 0)
  return text
}
