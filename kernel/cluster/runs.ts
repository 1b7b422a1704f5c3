/** The runs that the kernel knows, with the code of their bodies. */
import { codeMissing } from '../errors.ts'
import type { RunId, TaskId } from '../scheduler/index.ts'
import type { Declaration } from '../travel/declaration.ts'
import { Bundles } from './bundles.ts'
import { checkDeclaration, specOf } from './declare.ts'
import { Run } from './run.ts'

/** Retired runs that are remembered. */
const REMEMBERED = 1000

export class Runs {
  readonly #byId = new Map<RunId, Run>()
  readonly #byUid = new Map<string, Run>()
  /** In order of their first task, to find a task's run by bisection. */
  readonly #byFirst: Run[] = []
  readonly #bundles = new Bundles()
  /** Those that no handle reaches and nothing needs, oldest first: kept a while for %tasks and %why. */
  readonly #retired = new Set<Run>()
  #nextTask = 0

  get byId(): ReadonlyMap<RunId, Run> {
    return this.#byId
  }

  /** @param policies those that it may name. @throws UserError when the declaration is refused */
  enter(declaration: Declaration, time: number, policies: ReadonlySet<string>): Run {
    checkDeclaration(declaration, this.#byId, policies)
    const bundle = this.#bundles.use(declaration.code, declaration.bundle)
    if (!bundle) throw codeMissing(declaration.name)
    const spec = specOf(declaration, this.#nextTask)
    const run = new Run(declaration, spec, bundle, time, declaration.options.seed ?? 0, (id) => this.#byId.get(id)!.spec.first)
    this.#nextTask += declaration.count
    this.#byId.set(spec.id, run)
    this.#byUid.set(run.uid, run)
    this.#byFirst.push(run)
    return run
  }

  remove(run: Run): void {
    this.#byId.delete(run.spec.id)
    this.#byUid.delete(run.uid)
    this.#bundles.release(run.declaration.code)
    this.#byFirst.splice(this.#byFirst.indexOf(run), 1)
  }

  /** Nothing needs it any more. Notebooks that declare runs in a loop must not grow the kernel for ever: the one retired for longest is forgotten. */
  retire(run: Run): void {
    this.#retired.add(run)
    if (this.#retired.size <= REMEMBERED) return
    const [oldest] = this.#retired
    this.#retired.delete(oldest!)
    this.remove(oldest!)
  }

  /** Its tasks run again. */
  keep(run: Run): void {
    this.#retired.delete(run)
  }

  /** By what views call it. */
  withUid(uid: string): Run | undefined {
    return this.#byUid.get(uid)
  }

  /** The run a task belongs to; undefined for a run that was retired long ago. */
  find(task: TaskId): Run | undefined {
    const run = this.#byFirst.length > 0 ? this.of(task) : undefined
    return run && task >= run.spec.first && task < run.spec.first + run.spec.count ? run : undefined
  }

  /** The run of a task that is known to be there. */
  of(task: TaskId): Run {
    let [low, high] = [0, this.#byFirst.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#byFirst[middle]!.spec.first <= task) low = middle
      else high = middle - 1
    }
    return this.#byFirst[low]!
  }
}
