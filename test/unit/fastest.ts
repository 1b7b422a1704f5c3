/** ms that `run` takes when nothing comes between: of a few times the shortest, since others use the machine as well. */
export function fastest(run: () => unknown, times = 4): number {
  return Math.min(...Array.from({ length: times }, () => {
    const began = performance.now()
    run()
    return performance.now() - began
  }))
}
