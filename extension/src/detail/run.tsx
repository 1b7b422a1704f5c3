/** A run as a whole, or one that it depends on: counts, what was asked for, how long tasks took and where. */
import * as React from 'react'
import type { RunRecord, UpstreamRun } from '../../../kernel/cluster/record/types.ts'
import { bytes, count, duration, plain } from '../../../kernel/cluster/view/amounts.ts'
import { shownStates } from '../../../kernel/cluster/view/picture-style.ts'
import { taskName } from '../view/header-facts.ts'
import { Sign } from '../view/header-icons.tsx'
import { StateBar } from '../view/header-states.tsx'
import { stateWord } from '../run/state-word.ts'
import type { PaneContext } from '../view/pane.ts'
import { durationsOf, nodeShares, slowest } from './durations.ts'
import { dateTime, dependencyLines, optionFacts } from './facts.ts'
import type { Fact } from './facts.ts'
import { Histogram } from './histogram.tsx'
import { Facts, Section } from './text.tsx'
import { useSparingly } from './sparingly.ts'

interface Part {
  readonly context: PaneContext
}

/** The run's own group. */
export function GroupDetails({ context }: Part): React.ReactElement {
  const { store, trans } = context
  return (
    <>
      <Counts context={context} counts={context.moment().counts} />
      <Section title={trans.__('Options')}><Facts facts={optionFacts(trans, store.record.run.options)} /></Section>
      <Dependencies context={context} dependencies={store.record.dependencies} />
      <Measured context={context} />
    </>
  )
}

/** A run that this one depends on: all that this one's record knows of it. */
export function UpstreamDetails({ context, group }: Part & { readonly group: UpstreamRun }): React.ReactElement {
  const { trans } = context
  return (
    <>
      <Counts context={context} counts={group.counts} />
      <Dependencies context={context} dependencies={group.dependencies} />
      <p className="sl-Quiet sl-Rest">{trans.__('This is another run: its tasks are shown where it was declared.')}</p>
    </>
  )
}

/** Nothing is selected: how the run was made, so that it can be made again. */
export function RunDetails({ context }: Part): React.ReactElement {
  const { store, trans } = context
  const { record } = store
  return (
    <>
      <Section title={trans.__('Run')}><Facts facts={runFacts(context, record)} /></Section>
      <Section title={trans.__('Options')}><Facts facts={optionFacts(trans, record.run.options)} /></Section>
      <Dependencies context={context} dependencies={record.dependencies} />
      <Measured context={context} />
      <Environment context={context} />
    </>
  )
}

function runFacts({ trans }: PaneContext, { run, declared, makespan, asOf, final, bytes: moved, nodes, attempts }: RunRecord): Fact[] {
  const lost = nodes.filter((node) => node.lost !== undefined).length
  const cluster = trans._n('%2 node', '%2 nodes', nodes.length, count(nodes.length))
  return [
    [trans.__('declared'), [dateTime(declared), ...(run.execution === undefined ? [] : [trans.__('in cell [%1]', run.execution)])].filter(Boolean).join(', ')],
    final ? [trans.__('makespan'), duration(makespan)] : [trans.__('as of'), duration(asOf)],
    [trans.__('cluster'), lost === 0 ? cluster : trans.__('%1, %2 of them lost', cluster, count(lost))],
    ...(attempts.length + attempts.omitted > 0 ? [[trans.__('tried again'), trans._n('%2 attempt', '%2 attempts', attempts.length + attempts.omitted, count(attempts.length + attempts.omitted))] as const] : []),
    ...(moved.results > 0 ? [[trans.__('results'), bytes(moved.results)] as const] : []),
    ...(moved.in + moved.out > 0 ? [[trans.__('transfers'), trans.__('%1 in, %2 out', bytes(moved.in), bytes(moved.out))] as const] : []),
    [trans.__('seed'), String(run.seed)],
  ]
}

const FIRST_PACKAGES = 12
const MOST_PACKAGES = 500

function Environment({ context }: Part): React.ReactElement {
  const { store, trans } = context
  const { node, sluice, platform, backend, policy, packages = {}, lockfile } = store.record.environment
  const [all, setAll] = React.useState(false)
  const versions = Object.entries(packages)
  const facts: Fact[] = [
    ['Node.js', plain(node, 60)],
    ['Sluice', plain(sluice, 60)],
    [trans.__('platform'), plain(platform, 60)],
    ...(backend === undefined ? [] : [[trans.__('backend'), plain(backend, 60)] as const]),
    ...(policy === undefined ? [] : [[trans.__('cluster’s policy'), plain(policy, 60)] as const]),
    ...(lockfile === undefined ? [] : [[trans.__('lockfile'), plain(lockfile, 80)] as const]),
    ...versions.slice(0, all ? MOST_PACKAGES : FIRST_PACKAGES).map(([name, version]) => [plain(name, 80), plain(version, 60)] as const),
  ]
  return (
    <Section title={trans.__('Environment')}>
      <Facts facts={facts} />
      {!all && versions.length > FIRST_PACKAGES && <button type="button" className="sl-Link" onClick={() => setAll(true)}>{trans.__('Show all %1 packages', count(versions.length))}</button>}
    </Section>
  )
}

function Counts({ context, counts }: Part & { readonly counts: RunRecord['counts'] }): React.ReactElement {
  const { trans } = context
  return (
    <div className="sl-Section">
      <StateBar counts={counts} trans={trans} />
      <ul className="sl-CountList">
        {shownStates.filter((state) => counts[state] > 0).map((state) => (
          <li key={state}><Sign state={state} /> <span className="sl-Count">{count(counts[state])}</span> {stateWord(trans, state)}</li>
        ))}
      </ul>
    </div>
  )
}

const MOST_DEPENDENCIES = 20

function Dependencies({ context, dependencies }: Part & { readonly dependencies: RunRecord['dependencies'] }): React.ReactElement | null {
  const { store, trans } = context
  if (dependencies.length === 0) return null
  const more = dependencies.length - MOST_DEPENDENCIES
  return (
    <Section title={trans.__('Each task waits for')}>
      <ul className="sl-Plain">
        {dependencyLines(trans, store.record, dependencies, MOST_DEPENDENCIES).map((line, i) => <li key={i}>{line}</li>)}
        {more > 0 && <li className="sl-Quiet">{trans._n('and %2 other', 'and %2 others', more, count(more))}</li>}
      </ul>
    </Section>
  )
}

const SLOWEST = 5
const MOST_NODES = 12

/** What takes a pass over all tasks. */
function Measured({ context }: Part): React.ReactElement | null {
  const { store, state, trans } = context
  const measured = useSparingly(() => ({
    durations: durationsOf(store.tasks), slowest: slowest(store.tasks, SLOWEST), shares: nodeShares(store.tasks, store.record.nodes.length),
  }), store.record, !store.live || store.record.final)
  const { durations, shares } = measured
  if (!durations) return null
  const { nodes, run } = store.record
  return (
    <>
      {durations.count > 1 && <Section title={trans.__('Durations')}><Histogram trans={trans} durations={durations} /></Section>}
      {durations.count > 1 && (
        <Section title={trans.__('Slowest')}>
          <ul className="sl-Bars">
            {measured.slowest.map(({ task, took }) => (
              <li key={task}>
                <button type="button" className="sl-Link" onClick={() => (state.selection = { kind: 'task', task })}>{taskName(run, task)}</button>
                <span className="sl-BarPlace" aria-hidden="true"><span className="sl-Bar" style={{ width: `${share(took, durations.most)}%` }} /></span>
                <span className="sl-Number">{duration(took)}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title={trans.__('Tasks by node')}>
        <ul className="sl-Bars">
          {shares.slice(0, MOST_NODES).map(({ node, succeeded, failed }) => (
            <li key={node}>
              <span className="sl-BarName">{plain(nodes[node]!.name, 40)}{nodes[node]!.lost !== undefined && <span className="sl-Quiet"> {trans.__('lost')}</span>}</span>
              <span className="sl-BarPlace" aria-hidden="true"><span className="sl-Bar" style={{ width: `${share(succeeded + failed, shares[0]!.succeeded + shares[0]!.failed)}%` }} /></span>
              <span className="sl-Number">{count(succeeded + failed)}{failed > 0 && trans.__(', %1 failed', count(failed))}</span>
            </li>
          ))}
        </ul>
        {shares.length > MOST_NODES && <p className="sl-Quiet">{trans._n('and %2 other node', 'and %2 other nodes', shares.length - MOST_NODES, count(shares.length - MOST_NODES))}</p>}
      </Section>
    </>
  )
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, (part / whole) * 100) : 0
}
