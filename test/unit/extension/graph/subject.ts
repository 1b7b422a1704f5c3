/** What the graph shows of a sample, as its pane puts it together. */
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import { stateNames } from '../../../../kernel/cluster/record/read.ts'
import type { RecordedDependency, RunKind, RunRecord, StateCounts, UpstreamRun } from '../../../../kernel/cluster/record/types.ts'
import { fit } from '../../../../extension/src/graph/camera.ts'
import { groupsOf } from '../../../../extension/src/graph/groups.ts'
import { layoutOf } from '../../../../extension/src/graph/layout.ts'
import type { Subject, View } from '../../../../extension/src/graph/scene.ts'
import { estimate } from '../../../../extension/src/graph/steps.ts'
import type { Step } from '../../../../extension/src/graph/steps.ts'
import type { Trans } from '../../../../extension/src/graph/words.ts'
import { momentOf } from '../../../../extension/src/run/moment.ts'
import { RunStore } from '../../../../extension/src/run/store.ts'
import type { Theme } from '../../../../extension/src/view/theme.ts'

const filled = (text: string, ...values: unknown[]): string => text.replace(/%(\d)/g, (_, i: string) => String(values[Number(i) - 1]))
export const trans: Trans = {
  __: filled,
  _n: (one: string, many: string, n: number, ...values: unknown[]) => filled(n === 1 ? one : many, n, ...values),
}

/** Every colour is its own name. */
export const theme: Theme = {
  text: 'text', quiet: 'quiet', line: 'line', grid: 'grid', lane: 'lane', card: 'card', background: 'background', focus: 'focus', critical: 'critical', onState: 'on-state', font: 'sans-serif', forced: false,
  states: Object.fromEntries([...stateNames, 'lost'].map((name) => [name, name])) as Theme['states'],
}

export function subjectOf(record: RunRecord, changes: Partial<Subject> = {}, time?: number): Subject {
  const store = new RunStore(RunTables.from(record))
  const layout = layoutOf(groupsOf(store.record), true, store.tasks.length)
  return { layout, record: store.record, tasks: store.tasks, moment: momentOf(store, time), matches: undefined, selection: undefined, hover: undefined, critical: true, trans, ...changes }
}

export function viewOf({ layout }: Pick<Subject, 'layout'>, width = 900, height = 320): View {
  return { camera: fit(layout, { width, height }), width, height, theme, measure: estimate }
}

export const none: StateCounts = Object.fromEntries(stateNames.map((name) => [name, 0])) as unknown as StateCounts

export function upstream(run: number, dependencies: RecordedDependency[] = [], kind: RunKind = 'each', name = `run ${run}`): UpstreamRun {
  return { run, name, kind, count: 3, counts: { ...none, succeeded: 3 }, dependencies }
}

/** Every number of a step. */
export function numbersIn(step: Step): number[] {
  const numbers: number[] = []
  const look = (value: unknown): void => {
    if (typeof value === 'number') numbers.push(value)
    else if (Array.isArray(value)) value.forEach(look)
  }
  Object.values(step).forEach(look)
  return numbers
}

export function textsOf(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => (step.kind === 'text' ? [step.text] : []))
}
