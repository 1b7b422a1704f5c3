/** What the timeline's mirror lists: slots, or nodes where there are too many. No DOM. */
import { plain } from '../../../kernel/cluster/view/amounts.ts'
import type { RunRecord } from '../../../kernel/cluster/record/types.ts'
import type { Trans } from '../graph/words.ts'
import { nodeOf } from './lanes.ts'
import { MIRRORED } from './mirror.ts'
import type { MirrorRow } from './mirror.ts'
import type { Model } from './model.ts'
import { laneSummary } from './words.ts'

/** @param chosen the lane of the selected task; `selected`: that task in words */
export function mirrorRows({ lanes, segments, end }: Pick<Model, 'lanes' | 'segments' | 'end'>, record: RunRecord, trans: Trans, chosen: number | undefined, selected: string): MirrorRow[] {
  if (lanes.nodes === 0) return [{ name: trans.__('No node has joined yet'), summary: '', selected: '' }]
  const bySlot = lanes.count <= MIRRORED
  const count = bySlot ? lanes.count : lanes.nodes
  const chosenRow = chosen === undefined ? -1 : bySlot ? chosen : nodeOf(lanes, chosen)
  const from = Math.max(0, Math.min(count - MIRRORED, chosenRow - MIRRORED / 2))
  return Array.from({ length: Math.min(MIRRORED, count) }, (_, i) => {
    const row = from + i
    const node = bySlot ? nodeOf(lanes, row) : row
    const { name, lost, joined } = record.nodes[node]!
    const members = bySlot ? [segments.lane(row)] : Array.from({ length: lanes.first[node + 1]! - lanes.first[node]! }, (_, slot) => segments.lane(lanes.first[node]! + slot))
    const slot = bySlot ? `, ${trans.__('slot %1', row - lanes.first[node]!)}` : ''
    const absent = lost === undefined ? '' : `, ${trans.__('node lost')}`
    return {
      name: `${plain(name, 60)}${slot}`,
      summary: `${laneSummary(trans, members, joined ?? 0, Math.min(end, lost ?? Infinity))}${absent}`,
      selected: row === chosenRow ? selected : '',
    }
  })
}
