/** What the kernel keeps of a run besides the scheduler's state: where inputs come from, results, errors, logs. */
import { randomBytes } from 'node:crypto'
import type { RunSpec, TaskId } from '../scheduler/index.ts'
import type { Declaration, HandleRef, Parameter, TaskError, Wire } from '../travel/declaration.ts'
import type { RunRecorder } from './record/recorder.ts'
import { reductionTree, type ReductionTree } from './reduction.ts'

/** Bytes of log kept per task: its tail. */
const LOG_LIMIT = 16_384

/** A task's input: a value that is here, or the result of another task. */
export type Source = { readonly wire: Wire } | { readonly task: TaskId }

export class Run {
  /** Its name among the runs of all kernels: views ask for it by this one. */
  readonly uid = randomBytes(8).toString('hex')
  readonly spec: RunSpec
  readonly declaration: Declaration
  readonly bundle: Uint8Array
  readonly declaredAt: number
  readonly seed: number
  /** Results the kernel holds, by index. A hole: not there, or kept by nodes. */
  readonly values: Wire[] = []
  /** What attempts threw, last one by index. */
  readonly errors = new Map<number, TaskError>()
  readonly logs = new Map<number, string>()
  readonly progress = new Map<number, { readonly fraction: number; readonly text?: string }>()
  /** From its submission on. */
  recorder: RunRecorder | undefined
  /** The backend knows this run's code and captured values. */
  prepared = false
  /** The scheduler knows it; until then (the cluster is starting) it waits with what was asked meanwhile. */
  submitted = false
  readonly asked: (() => void)[] = []
  released = false
  /** Results that exist somewhere. */
  held = 0
  /** Somebody has asked for its results, and so hears of its failures. */
  awaited = false
  readonly #tree: ReductionTree | undefined
  /** First task of each run that parameters take results from, resolved when declared. */
  readonly #firstOf: (run: number) => TaskId

  constructor(declaration: Declaration, spec: RunSpec, bundle: Uint8Array, declaredAt: number, seed: number, firstOf: (run: number) => TaskId) {
    this.declaration = declaration
    this.spec = spec
    this.bundle = bundle
    this.declaredAt = declaredAt
    this.seed = seed
    this.#firstOf = firstOf
    this.#tree = declaration.reduction && reductionTree(declaration.count + 1)
  }

  get name(): string {
    return this.spec.name
  }

  /** What the body of task `index` is called with, in order. */
  inputs(index: number): Source[] {
    const inputs = this.declaration.parameters.map((parameter) => this.#parameter(parameter, index))
    if (this.#tree) inputs.push(this.#operand(this.#tree.operands[2 * index]!), this.#operand(this.#tree.operands[2 * index + 1]!))
    return inputs
  }

  /** The tasks whose results task `index` takes as arguments. */
  taskInputs(index: number): TaskId[] {
    const tasks: TaskId[] = []
    for (const input of this.inputs(index)) if ('task' in input) tasks.push(input.task)
    return tasks
  }

  /** Whether any argument of its tasks is another task's result. */
  get takesResults(): boolean {
    return this.#tree !== undefined || this.declaration.parameters.some((parameter) => parameter.from === 'results')
  }

  /** Where result `index` of the handle is: the last task's for one value, which a reduction of one leaf has not. */
  result(index: number): Source {
    if (this.declaration.shape === 'array') return { task: this.spec.first + index }
    if (this.spec.count > 0) return { task: this.spec.first + this.spec.count - 1 }
    return this.#operand(0)
  }

  addLog(index: number, text: string): void {
    const whole = (this.logs.get(index) ?? '') + text
    this.logs.set(index, whole.length <= LOG_LIMIT ? whole : `…${whole.slice(1 - LOG_LIMIT)}`)
  }

  #parameter(parameter: Parameter, index: number): Source {
    const at = Math.floor(index / parameter.stride)
    return parameter.from === 'items' ? { wire: parameter.items[at % parameter.items.length]! } : { task: this.#firstOf(parameter.of) + (at % parameter.count) }
  }

  #operand(operand: number): Source {
    if (operand < 0) return { task: this.spec.first - 1 - operand }
    const reduction = this.declaration.reduction!
    return reduction.leaves === 'items' ? { wire: reduction.items[operand] } : { task: this.#firstOf(reduction.of) + operand }
  }
}

/** `delays[3]`; the plain name for a run of one value. */
export function taskName(run: Run, index: number): string {
  return run.declaration.shape === 'single' && run.spec.count === 1 ? run.name : `${run.name}[${index}]`
}

/** The tasks a handle stands for: one element, the one value, or all. */
export function handleTasks(run: Run, ref: HandleRef): Source[] {
  if (ref.index !== undefined) return [run.declaration.shape === 'array' ? { task: run.spec.first + ref.index } : run.result(0)]
  if (run.declaration.shape === 'single') return [run.result(0)]
  return Array.from({ length: run.spec.count }, (_, index) => ({ task: run.spec.first + index }))
}
