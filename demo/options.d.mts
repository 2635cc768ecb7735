/** The options of `npm start`; a number that was not given is undefined. */
export interface StartOptions {
  readonly once: boolean
  readonly help: boolean
  readonly actors?: number
  readonly calls?: number
  readonly seed?: number
  readonly port?: number
}
export declare const usage: string
export declare function readOptions(args: readonly string[]): StartOptions
