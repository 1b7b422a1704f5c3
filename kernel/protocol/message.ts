/** Messages as Jupyter defines them: https://jupyter-client.readthedocs.io/en/stable/messaging.html */
import { badField } from '../errors.ts'

/** 5.4 brought `iopub_welcome`, 5.5 `supported_features`. */
export const protocolVersion = '5.5'

/** Where a request came from and its reply goes to. */
export type Channel = 'shell' | 'control' | 'stdin'
export type Content = Readonly<Record<string, unknown>>
/** One part of a multi-part ZeroMQ message; strings travel as UTF-8. */
export type Frame = string | Uint8Array

/** A message from a client whose signature and shape have been checked; its content has not. */
export interface Request {
  /** ZeroMQ's routing prefix: where the reply goes. */
  readonly identities: readonly Uint8Array[]
  readonly id: string
  readonly type: string
  readonly session: string
  /** The header as JSON text, repeated as it is in every message that this one causes. */
  readonly header: string
  /** Of the message that this one answers. */
  readonly parentId: string | undefined
  readonly metadata: Content
  readonly content: Content
  readonly buffers: readonly Uint8Array[]
}

/** Reads the content of a request. Fields that are absent or null take their fallback; a wrong type is a UserError that names the field. */
export class Fields {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  string(name: string, fallback?: string): string {
    const value = this.#value(name, fallback)
    return typeof value === 'string' ? value : this.#refuse(name, 'a string')
  }

  boolean(name: string, fallback?: boolean): boolean {
    const value = this.#value(name, fallback)
    return typeof value === 'boolean' ? value : this.#refuse(name, 'true or false')
  }

  integer(name: string, fallback?: number): number {
    const value = this.#value(name, fallback)
    return Number.isSafeInteger(value) ? (value as number) : this.#refuse(name, 'a whole number')
  }

  oneOf<T extends string | number>(name: string, accepted: readonly T[], fallback?: T): T {
    const value = this.#value(name, fallback)
    return accepted.find((one) => one === value) ?? this.#refuse(name, `one of ${accepted.join(', ')}`)
  }

  /** An object whose values are all strings. */
  strings(name: string): Record<string, string> {
    const value = this.#value(name, {})
    const texts = isObject(value) && Object.values(value).every((text) => typeof text === 'string')
    return texts ? (value as Record<string, string>) : this.#refuse(name, 'an object of strings')
  }

  has(name: string): boolean {
    return (this.#request.content[name] ?? undefined) !== undefined
  }

  #value(name: string, fallback: unknown): unknown {
    return this.#request.content[name] ?? fallback
  }

  #refuse(name: string, expected: string): never {
    throw badField(this.#request.type, name, expected, this.#request.content[name])
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
