/** What `troupe(options)` takes. */
export interface TroupeOptions {
  /**
   * Whether dev and preview send the headers of cross-origin isolation, which switch shared memory on. Default: true.
   * The server of the built site has to send them itself.
   */
  readonly isolation?: boolean
  /**
   * More places that may define actors. A string names a package that does not list `troupe` among its dependencies
   * (dev then serves it unbundled, so that its actors are seen); a RegExp is tested on file paths, as `/\.vue$/`.
   */
  readonly include?: readonly (string | RegExp)[]
}

/** The options with every default filled in. */
export interface ResolvedOptions {
  readonly isolation: boolean
  readonly packages: readonly string[]
  readonly files: readonly RegExp[]
}

const scripts = /\.[cm]?[jt]sx?$/
const known = new Set(['isolation', 'include'])

/** Checks the options of a user; throws a TypeError that names the key. */
export function resolveOptions(options: TroupeOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) throw new TypeError('troupe(options): options is an object.')
  for (const key of Object.keys(options)) {
    if (known.has(key)) continue
    throw new TypeError(`troupe({ ${key} }): there is no such option. The options are: ${[...known].join(', ')}.`)
  }
  const { isolation = true, include = [] } = options
  if (typeof isolation !== 'boolean') throw new TypeError('troupe({ isolation }): it is true or false.')
  if (!Array.isArray(include) || !include.every((entry) => typeof entry === 'string' || entry instanceof RegExp)) {
    throw new TypeError('troupe({ include }): it is an array of package names and regular expressions.')
  }
  return {
    isolation,
    packages: include.filter((entry) => typeof entry === 'string'),
    files: [scripts, ...include.filter((entry) => entry instanceof RegExp)],
  }
}

/** Whether a file may define actors. */
export function mayDefine(options: ResolvedOptions, file: string): boolean {
  return options.files.some((pattern) => {
    pattern.lastIndex = 0
    return pattern.test(file)
  })
}
