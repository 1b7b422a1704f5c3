/**
 * A handle that a body captured. All its results are at hand, so it is the array of them (`delays[3]`, `delays.length`,
 * `for (const delay of delays)`) and can be awaited like the handle in a cell; the handle of a single value can only be awaited.
 */
export function capturedHandle(values: readonly unknown[], shape: 'single' | 'array'): unknown {
  const settled = Promise.resolve(shape === 'single' ? values[0] : values)
  const members = {
    then: settled.then.bind(settled),
    catch: settled.catch.bind(settled),
    finally: settled.finally.bind(settled),
    results: async (options?: { settled?: boolean }) => {
      const results = options?.settled === true ? values.map((value) => ({ status: 'fulfilled', value })) : values
      return shape === 'single' && options?.settled !== true ? results[0] : results
    },
    asCompleted: async function* () {
      for (const [index, value] of values.entries()) yield { index, value }
    },
    status: Object.freeze({ waiting: 0, ready: 0, running: 0, 'backing-off': 0, succeeded: values.length, failed: 0, cancelled: 0, skipped: 0 }),
  }
  // Not enumerable, so that printing or mapping the array shows the results only.
  const hidden = Object.fromEntries(Object.entries(members).map(([name, value]) => [name, { value, enumerable: false }]))
  return Object.defineProperties([...values], hidden)
}
