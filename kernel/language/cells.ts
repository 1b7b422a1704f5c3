/** Runs cells one after another in the session process. */
import { placed } from '../travel/source-error.ts'
import type { Sources } from '../travel/sources.ts'
import { context, Interrupted, type Execution } from './context.ts'
import { bundleOf } from './display.ts'
import type { Evaluator, Outcome } from './evaluator.ts'
import type { FromSession, MimeBundle, ShownError, ToSession } from './messages.ts'
import { rewrite, type Rewritten } from './rewrite.ts'
import { showError } from './stack.ts'

export type ExecuteMessage = Extract<ToSession, { type: 'execute' }>

interface Surroundings {
  readonly evaluator: Evaluator
  readonly sources: Sources
  send(message: FromSession): void
  /** Marks the end of the cell's output on the raw pipes; gives the mark. */
  mark(): string
}

export class Cells {
  readonly #around: Surroundings
  /** Part of generated names, so that those of a session that died are not taken for this one's. */
  readonly #generation = Math.random().toString(36).slice(2, 8)
  #evaluations = 0
  #current: Execution | undefined

  constructor(around: Surroundings) {
    this.#around = around
  }

  get current(): Execution | undefined {
    return this.#current
  }

  /** The execution that the calling code belongs to, however late it is called. */
  get calling(): Execution | undefined {
    return context.getStore() ?? this.#current
  }

  /** To be called from the event loop itself, so that nothing but the cell ends when it is terminated. */
  execute(request: ExecuteMessage): void {
    const { execution: id, count, silent, allowStdin } = request
    const execution: Execution = { id, count, silent, allowStdin, abandoned: false }
    this.#current = execution
    this.#evaluate(execution, request.code, (outcome) => this.#ended(execution, outcome, request))
  }

  /** Gives up the running cell wherever it is. */
  abandon(): void {
    const execution = this.#current
    if (!execution) return
    execution.abandoned = true
    this.#around.evaluator.abandon()
    this.#finish(execution, { interrupted: true, error: this.#show(new Interrupted()) })
  }

  /** Called by the cell with the value of its last expression. */
  result(value: unknown): void {
    const execution = context.getStore()
    if (execution) execution.result = { value }
  }

  #evaluate(execution: Execution, code: string, done: (outcome: Outcome) => void): void {
    const { evaluator, sources } = this.#around
    const shown = `Cell [${execution.count}]`
    let rewritten: Rewritten
    try {
      rewritten = rewrite(code, shown)
    } catch (error) {
      return done({ ok: false, error })
    }
    const name = `cell-${++this.#evaluations}-${this.#generation}.js`
    sources.add(name, { shown, original: rewritten.original })
    const told = (outcome: Outcome) => done('error' in outcome ? { ok: false, error: withPlace(outcome, rewritten, shown, code) } : outcome)
    context.run(execution, () => evaluator.evaluate(rewritten.code, name, told))
  }

  #ended(execution: Execution, outcome: Outcome, request: ExecuteMessage): void {
    if (this.#current !== execution) return
    // The interrupt that terminated it arrives next and finishes it.
    if ('terminated' in outcome) return
    if (!outcome.ok) return this.#finish(execution, { error: this.#show(outcome.error) })
    this.#bundle(execution, (data, error) => {
      if (error) return this.#finish(execution, { error })
      if (data && Object.keys(data).length > 0) this.#around.send({ type: 'result', execution: execution.id, data, metadata: {} })
      this.#userExpressions(execution, Object.entries(request.userExpressions), {})
    })
  }

  /** What the result is shown as, once it is known; nothing for undefined. */
  #bundle(execution: Execution, done: (data?: MimeBundle, error?: ShownError) => void): void {
    const value = execution.result?.value
    if (value === undefined || execution.silent) return done()
    const current = () => this.#current === execution
    try {
      const bundle = context.run(execution, bundleOf, value)
      if (!(bundle instanceof Promise)) return done(bundle)
      bundle.then(
        (data) => current() && done(data),
        (error: unknown) => current() && done(undefined, this.#show(error)),
      )
    } catch (error) {
      done(undefined, this.#show(error))
    }
  }

  #userExpressions(execution: Execution, left: [string, string][], results: Record<string, unknown>): void {
    const [next, ...rest] = left
    if (!next) return this.#finish(execution, { userExpressions: results })
    const [name, code] = next
    const asked: Execution = { ...execution, silent: false }
    delete asked.result
    const go = (answer: object) => {
      if (this.#current === execution) this.#userExpressions(execution, rest, { ...results, [name]: answer })
    }
    const failed = ({ name: ename, message: evalue, traceback }: ShownError) => go({ status: 'error', ename, evalue, traceback })
    this.#evaluate(asked, code, (outcome) => {
      if ('terminated' in outcome || this.#current !== execution) return
      if (!outcome.ok) return failed(this.#show(outcome.error))
      try {
        const bundle = context.run(execution, bundleOf, asked.result?.value)
        void Promise.resolve(bundle).then((data) => go({ status: 'ok', data, metadata: {} }), (error: unknown) => failed(this.#show(error)))
      } catch (error) {
        failed(this.#show(error))
      }
    })
  }

  #finish(execution: Execution, how: { error?: ShownError; interrupted?: boolean; userExpressions?: Record<string, unknown> }): void {
    if (this.#current !== execution) return
    const marker = this.#around.mark()
    this.#around.send({ type: 'done', execution: execution.id, userExpressions: {}, ...how, marker })
    this.#current = undefined
  }

  #show(error: unknown): ShownError {
    return showError(error, this.#around.sources)
  }
}

/** V8's own syntax errors say nothing of where; the inspector does. */
function withPlace(outcome: Extract<Outcome, { error: unknown }>, rewritten: Rewritten, shown: string, code: string): unknown {
  const { error, line, column } = outcome
  if (!(error instanceof SyntaxError) || line === undefined || /\n\s+at /.test(String(error.stack))) return error
  return placed(error, shown, code, rewritten.original({ line, column: column ?? 1 }))
}
