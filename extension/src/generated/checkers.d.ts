/** Written by build.mjs from schema/. */
interface Problem {
  readonly instancePath: string
  readonly message?: string
}

export interface Checker {
  (value: unknown): boolean
  errors?: Problem[] | null
}

export declare const checkRecord: Checker
export declare const checkMessage: Checker
