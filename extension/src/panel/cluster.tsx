/** A kernel's cluster in the side panel: what it is, its nodes, and how to start and stop it. */
import * as React from 'react'
import type { ClusterNode, ClusterState } from '../../../kernel/cluster/live/types.ts'
import { bytes, count, plain } from '../../../kernel/cluster/view/amounts.ts'
import type { Connection } from '../live/connection.ts'
import { startCluster, stopCluster } from './actions.ts'
import type { PanelContext } from './contents.tsx'
import { clusterFacts, MOST_NODES, MOST_SLOTS, share, typed } from './facts.ts'

/** So many are listed before somebody asks for more. */
const FIRST_NODES = 12

interface Props {
  readonly context: PanelContext
  readonly connection: Connection
  readonly cluster: ClusterState
}

export function Cluster({ context, connection, cluster }: Props): React.ReactElement {
  const { trans } = context
  const heading = React.useId()
  const running = cluster.backend !== undefined
  return (
    <div className="sl-PanelCluster" role="group" aria-labelledby={heading}>
      <div className="sl-PanelLine">
        <h3 id={heading}>{trans.__('Cluster')}</h3>
        {running && (
          <button type="button" className="sl-Button" onClick={() => void context.act(() => stopCluster(connection, trans))}>{trans.__('Stop')}</button>
        )}
      </div>
      {running ? <Nodes context={context} cluster={cluster} /> : <Start context={context} connection={connection} />}
    </div>
  )
}

function Nodes({ context: { trans }, cluster }: { readonly context: PanelContext; readonly cluster: ClusterState }): React.ReactElement {
  const [all, setAll] = React.useState(false)
  const { nodes, slots, busy } = clusterFacts(cluster)
  const shown = all ? cluster.nodes : cluster.nodes.slice(0, FIRST_NODES)
  const further = nodes - shown.length
  return (
    <>
      <p className="sl-Quiet">
        {[
          plain(cluster.backend ?? '', 40),
          trans._n('%2 node', '%2 nodes', nodes, count(nodes)),
          trans.__('%1 of %2 slots busy', count(busy), count(slots)),
          trans.__('policy %1', plain(cluster.policy, 40)),
        ].join(' · ')}
      </p>
      <ul className="sl-PanelNodes" aria-label={trans.__('Nodes')}>
        {shown.map((node) => <NodeRow key={node.name} node={node} trans={trans} />)}
      </ul>
      {further > 0 && !all && <button type="button" className="sl-Link" onClick={() => setAll(true)}>{trans._n('%2 more node', '%2 more nodes', further, count(further))}</button>}
      {further > 0 && all && <p className="sl-Quiet">{trans._n('and %2 more', 'and %2 more', further, count(further))}</p>}
    </>
  )
}

function NodeRow({ node, trans }: { readonly node: ClusterNode; readonly trans: PanelContext['trans'] }): React.ReactElement {
  const { name, slots, busy, resources, cpu, memory } = node
  const amounts = [
    trans.__('%1/%2 slots', count(busy), count(slots)),
    ...(cpu === undefined ? [] : [trans.__('%1/%2 cores', cpu.toFixed(1), amountOf(resources['cpu'] ?? slots))]),
    ...(memory === undefined ? [] : [bytes(memory)]),
  ]
  return (
    <li>
      <span className="sl-PanelName" title={plain(name)}>{plain(name, 60)}</span>
      <span className="sl-PanelAmounts">{amounts.join(' · ')}</span>
      <span className="sl-PanelSlots" aria-hidden="true"><span style={{ width: `${100 * share(busy, slots)}%` }} /></span>
    </li>
  )
}

function amountOf(n: number): string {
  return Number.isInteger(n) ? count(n) : n.toFixed(1)
}

function Start({ context, connection }: { readonly context: PanelContext; readonly connection: Connection }): React.ReactElement {
  const { trans } = context
  const [nodes, setNodes] = React.useState('2')
  const [slots, setSlots] = React.useState('')
  const [starting, setStarting] = React.useState(false)
  const chosen = { nodes: typed(nodes, 1, MOST_NODES), slots: slots.trim() === '' ? undefined : typed(slots, 1, MOST_SLOTS) }
  const bad = chosen.nodes === undefined || (slots.trim() !== '' && chosen.slots === undefined)
  const start = async (): Promise<void> => {
    if (bad || starting) return
    setStarting(true)
    await context.act(() => startCluster(connection, chosen.nodes!, chosen.slots, trans))
    setStarting(false)
  }
  return (
    <form
      className="sl-PanelStart"
      onSubmit={(event) => {
        event.preventDefault()
        void start()
      }}
    >
      <p className="sl-Quiet">{trans.__('No cluster runs. The first %%distribute cell starts one on the kernel’s machine; here you choose its shape.')}</p>
      <label>{trans.__('Nodes')} <input type="number" min={1} max={MOST_NODES} required value={nodes} onChange={({ target }) => setNodes(target.value)} /></label>
      <label>{trans.__('Slots of each')} <input type="number" min={1} max={MOST_SLOTS} placeholder={trans.__('auto')} value={slots} onChange={({ target }) => setSlots(target.value)} /></label>
      <button type="submit" className="sl-Button sl-Button-main" disabled={bad || starting}>{starting ? trans.__('Starting…') : trans.__('Start')}</button>
    </form>
  )
}
