/** A notebook without a kernel: cells are evaluated as the session evaluates them, through this thread's own inspector. */
import { Session } from 'node:inspector'
import { Definitions, FunctionReader, type DecodeContext, type EncodeContext } from '../../../kernel/travel/value.ts'

export const inspector = new Session()
inspector.connect()
let cells = 0

/** Evaluates a cell; `out.x = …` in it hands a value to the test. Throws what it throws at once. */
export function cell(code: string): string {
  const url = `cell-${++cells}.js`
  let thrown: unknown
  const failed = (error: unknown) => (thrown = error)
  Object.assign(globalThis, { out, failed })
  inspector.post('Runtime.evaluate', { expression: `${code}\n//# sourceURL=${url}`, replMode: true, silent: true }, (error: Error | null, result?: { exceptionDetails?: unknown }) => {
    if (error || result?.exceptionDetails) failed(error ?? result?.exceptionDetails)
  })
  if (thrown) throw new Error(`the test's cell failed: ${JSON.stringify(thrown)}`)
  return url
}

/** What cells handed over. */
export const out: any = {}

export function encodeContext(more: Partial<EncodeContext> = {}): EncodeContext {
  return { definitions: new Definitions(), functions: new FunctionReader(inspector), exportOf: () => undefined, ...more }
}

export function decodeContext(more: Partial<DecodeContext> = {}): DecodeContext {
  return { definitions: new Definitions(), namespace: () => undefined, provided: { __sluice: {} }, ...more }
}
