import type { NodeSpec, RunId, RunSpec, Time } from '../../scheduler/index.ts'
import type { Declaration } from '../../travel/declaration.ts'
import type { RecordedDependency, RecordedEnvironment, RecordedOptions, RunKind } from './types.ts'

/** What is known of a run when it is declared. */
export interface RunFacts {
  readonly id: RunId
  /** 16 hexadecimal digits at random: a run's own among those of all kernels. */
  readonly uid: string
  readonly name: string
  readonly kind: RunKind
  readonly count: number
  readonly seed: number
  readonly options: RecordedOptions
  /** Jupyter's id of the declaring cell, and its execution count. */
  readonly cell?: string
  readonly execution?: number
  readonly dependencies: readonly RecordedDependency[]
  readonly environment: RecordedEnvironment
  /** The declaration, on the kernel's clock like all times below, and as ms since 1970. */
  readonly time: Time
  readonly date: number
  /** The nodes there are. */
  readonly nodes: readonly NodeSpec[]
}

/** What a run's declaration and the scheduler's description of it say for its record. */
export function factsOf(spec: RunSpec, declaration: Declaration): Pick<RunFacts, 'id' | 'name' | 'kind' | 'count' | 'options' | 'dependencies'> {
  const { id, name, count, priority, request, placement, retries, backoff, timeout, replicas, mode, policy, speculate } = spec
  return {
    id,
    name,
    kind: declaration.reduction ? 'reduce' : declaration.shape === 'single' ? 'single' : 'each',
    count,
    options: {
      priority,
      request: { ...request },
      ...(placement.node !== undefined && { node: placement.node }),
      ...(placement.labels && { labels: { ...placement.labels } }),
      retries,
      backoff,
      ...(timeout !== undefined && { timeout }),
      replicas,
      mode,
      ...(policy !== undefined && { policy }),
      ...(speculate === true && { speculate }),
    },
    dependencies: dependenciesOf(declaration),
  }
}

function dependenciesOf({ parameters, reduction, handles, after, count }: Declaration): RecordedDependency[] {
  const dependencies: RecordedDependency[] = []
  for (const parameter of parameters) {
    if (parameter.from === 'results') dependencies.push({ how: 'each', on: parameter.of, stride: parameter.stride, count: parameter.count })
  }
  if (reduction) dependencies.push({ how: 'tree', ...(reduction.leaves === 'results' && { on: reduction.of }), leaves: count + 1 })
  const single = new Map<RunId, Set<number>>()
  const whole = new Set<RunId>()
  for (const { run, index } of [...handles, ...after]) {
    if (index === undefined) whole.add(run)
    else single.set(run, (single.get(run) ?? new Set()).add(index))
  }
  for (const on of whole) dependencies.push({ how: 'all', on })
  for (const [on, tasks] of single) if (!whole.has(on)) dependencies.push({ how: 'tasks', on, tasks: [...tasks].slice(0, 1000) })
  return dependencies
}
