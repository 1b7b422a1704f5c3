/** A declaration, as the scheduler and the backend are told of it. */
import { lengthsDiffer, nothingToReduce, unknownPolicy } from '../errors.ts'
import type { Dependencies, RunId, RunSpec, TaskId } from '../scheduler/index.ts'
import type { Declaration } from '../travel/declaration.ts'
import { argumentBytes } from './argument-bytes.ts'
import type { Input, RunContext } from './backend.ts'
import { handleTasks, type Run, type Source } from './run.ts'

const defaults = { cpu: 1, priority: 0, retries: 0, backoff: 1000, replicas: 1, mode: 'async' as const }

/** @throws UserError for what no cluster could carry out */
export function checkDeclaration({ name, reduction, count, options, parameters }: Declaration, runs: ReadonlyMap<RunId, Run>, policies: ReadonlySet<string>): void {
  if (reduction && count < 0) throw nothingToReduce(name)
  if (options.policy !== undefined && !policies.has(options.policy)) throw unknownPolicy(options.policy, [...policies])
  for (const parameter of parameters) {
    if (parameter.from !== 'results') continue
    const of = runs.get(parameter.of)
    if (of && of.spec.count !== parameter.count) throw lengthsDiffer(name, of.name, of.spec.count)
  }
}

/** @param first the run's first task */
export function specOf(declaration: Declaration, first: TaskId): RunSpec {
  const { run, name, count, options } = declaration
  const { node, labels, timeout, policy, speculate } = options
  const bytes = argumentBytes(declaration)
  return {
    id: run,
    name,
    first,
    count,
    priority: options.priority ?? defaults.priority,
    request: { cpu: defaults.cpu, ...options.resources },
    placement: { ...(node !== undefined && { node }), ...(labels && { labels }) },
    retries: options.retries ?? defaults.retries,
    backoff: options.backoff ?? defaults.backoff,
    ...(timeout !== undefined && { timeout }),
    replicas: options.replicas ?? defaults.replicas,
    mode: options.mode ?? defaults.mode,
    ...(policy !== undefined && { policy }),
    ...(speculate === true && { speculate }),
    ...(bytes && { bytes }),
  }
}

export function dependenciesOf(run: Run, runs: ReadonlyMap<RunId, Run>): Dependencies {
  const whole = new Set<RunId>()
  const shared = new Set<TaskId>()
  for (const ref of [...run.declaration.handles, ...run.declaration.after]) {
    const other = runs.get(ref.run)!
    if (ref.index === undefined && other.declaration.shape === 'array') whole.add(ref.run)
    else for (const source of handleTasks(other, ref)) if ('task' in source) shared.add(source.task)
  }
  const tasks = run.takesResults ? Array.from({ length: run.spec.count }, (_, index) => run.taskInputs(index)) : undefined
  return { runs: [...whole], shared: [...shared], ...(tasks && { tasks }) }
}

/** @param input where a source's value is at this moment */
export function contextOf(run: Run, runs: ReadonlyMap<RunId, Run>, input: (source: Source) => Input): RunContext {
  const { memory } = run.spec.request
  return {
    run: run.spec.id,
    name: run.name,
    code: run.declaration.code,
    bundle: run.bundle,
    seed: run.seed,
    ...(memory !== undefined && { memory }),
    handles: run.declaration.handles.map((ref) => {
      const other = runs.get(ref.run)!
      const shape = ref.index === undefined ? other.declaration.shape : 'single'
      return { ref, shape, values: handleTasks(other, ref).map(input) }
    }),
  }
}
