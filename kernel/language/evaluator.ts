/** Evaluates code through the process's own inspector: V8's REPL mode, with top-level await and redeclaration. */
import type { Session, Runtime } from 'node:inspector'

export type Outcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: unknown; /** Where the error is when its stack does not tell (V8's own syntax errors); 1-based. */ readonly line?: number; readonly column?: number }
  | { readonly ok: false; readonly terminated: true }

const group = 'sluice-cells'

export class Evaluator {
  readonly #inspector: Session
  /** The inspector's name for `#take`, through which it hands over live values. */
  #taker: string | undefined
  #taken: unknown

  constructor(inspector: Session) {
    this.#inspector = inspector
  }

  /** `done` is called once, at once when the code does not await. It may never be, when its awaiting was cut short. */
  evaluate(code: string, name: string, done: (outcome: Outcome) => void): void {
    const expression = `${code}\n;void 0\n//# sourceURL=${name}`
    this.#inspector.post('Runtime.evaluate', { expression, replMode: true, awaitPromise: true, objectGroup: group } as Runtime.EvaluateParameterType, (error, result) => {
      // The inspector has no other error than that execution was terminated.
      if (error) done({ ok: false, terminated: true })
      else done(result.exceptionDetails ? this.#failure(result.exceptionDetails) : { ok: true })
    })
  }

  /**
   * Gives up what has not ended, of which nothing will be told. Promises that nobody can settle any more are collected,
   * which the inspector reports in the midst of that; Node 26 dies of it, since no JavaScript may be executed there.
   */
  abandon(): void {
    this.#inspector.disconnect()
    this.#inspector.connect()
    this.#taker = undefined
  }

  /** The value of an expression that has no side effects; undefined when it has, or throws. No getter is run by `look`'s callers. */
  peek(expression: string): { readonly value: unknown } | undefined {
    let seen: { value: unknown } | undefined
    this.#inspector.post('Runtime.evaluate', { expression, throwOnSideEffect: true, silent: true, objectGroup: group, timeout: 100 } as Runtime.EvaluateParameterType, (error, result) => {
      if (!error && !result.exceptionDetails) seen = { value: this.#live(result.result) }
    })
    this.#inspector.post('Runtime.releaseObjectGroup', { objectGroup: group })
    return seen
  }

  /** Names declared with let, const and class at the top level. */
  declaredNames(): string[] {
    let names: string[] = []
    this.#inspector.post('Runtime.globalLexicalScopeNames', {}, (error, result) => {
      if (!error) names = result.names
    })
    return names
  }

  #failure(details: Runtime.ExceptionDetails): Outcome {
    const error = details.exception ? this.#live(details.exception) : new Error(details.text)
    this.#inspector.post('Runtime.releaseObjectGroup', { objectGroup: group })
    return { ok: false, error, line: details.lineNumber + 1, column: details.columnNumber + 1 }
  }

  /** The value itself that the inspector describes. */
  #live(remote: Runtime.RemoteObject): unknown {
    if (remote.unserializableValue !== undefined) return fromText(remote.unserializableValue)
    if (remote.objectId === undefined) return remote.type === 'undefined' ? undefined : remote.value
    this.#inspector.post('Runtime.callFunctionOn', { objectId: this.#takerId(), functionDeclaration: 'function (value) { this(value) }', arguments: [{ objectId: remote.objectId }] })
    const value = this.#taken
    this.#taken = undefined
    return value
  }

  #takerId(): string {
    if (this.#taker !== undefined) return this.#taker
    const key = Symbol.for('sluice.take')
    Object.defineProperty(globalThis, key, { value: (value: unknown) => void (this.#taken = value), configurable: true })
    this.#inspector.post('Runtime.evaluate', { expression: "globalThis[Symbol.for('sluice.take')]" }, (_error, result) => (this.#taker = result.result.objectId))
    Reflect.deleteProperty(globalThis, key)
    return this.#taker!
  }
}

/** `-0`, `NaN`, `Infinity`, `-Infinity`, or a bigint with its `n`. */
function fromText(text: string): unknown {
  return text.endsWith('n') ? BigInt(text.slice(0, -1)) : Number(text)
}
