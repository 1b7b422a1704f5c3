import { expect, test } from 'vitest'
import { groupsOf } from '../../../../extension/src/graph/groups.ts'
import { layoutOf } from '../../../../extension/src/graph/layout.ts'
import { Viewpoint, wantedHeight } from '../../../../extension/src/graph/viewpoint.ts'
import { samples } from '../../cluster/sample-runs.ts'
import { upstream } from './subject.ts'

const record = samples['twelve tasks in progress']!()
const [alone, behind] = [[], [upstream(2), upstream(3)]].map((others) => groupsOf({ ...record, dependencies: others.map(({ run }) => ({ how: 'all' as const, on: run })), upstream: others }))
const size = { width: 900, height: 300 }
/** Where the own group is seen. */
const seenAt = ({ camera }: Viewpoint, layout: ReturnType<typeof layoutOf>): number[] => [(layout.x[0]! - camera!.x) * camera!.scale, (layout.y[0]! - camera!.y) * camera!.scale]

test('What nobody has moved fits, also when groups come, are expanded, or the room changes', () => {
  const viewpoint = new Viewpoint()
  for (const [layout, room] of [[layoutOf(alone!, false, 12), size], [layoutOf(behind!, false, 12), size], [layoutOf(behind!, true, 12), { width: 500, height: 200 }]] as const) {
    const { x, y, scale } = viewpoint.adapt(layout, room)
    expect(-x * scale).toBeGreaterThan(0)
    expect(-y * scale).toBeGreaterThan(0)
    expect((layout.width - x) * scale).toBeLessThan(room.width)
    expect((layout.height - y) * scale).toBeLessThan(room.height)
  }
})

test('What was moved stays: updates change nothing, and the own group stays where it is seen when groups come', () => {
  const viewpoint = new Viewpoint()
  const before = layoutOf(alone!, true, 12)
  viewpoint.adapt(before, size)
  expect(viewpoint.zoom(1.5, 450, 150)).toBe(true)
  const camera = viewpoint.camera
  expect(viewpoint.adapt(before, size)).toEqual(camera)
  const place = seenAt(viewpoint, before)
  const after = layoutOf(behind!, true, 12)
  viewpoint.adapt(after, size)
  expect(viewpoint.camera!.scale).toBe(camera!.scale)
  seenAt(viewpoint, after).forEach((at, i) => expect(at).toBeCloseTo(place[i]!, 3))
  viewpoint.fit()
  viewpoint.adapt(after, size)
  expect(-viewpoint.camera!.x * viewpoint.camera!.scale).toBeGreaterThan(0)
})

test('A zoom ends at its bound without moving, so that a page may have the wheel', () => {
  const viewpoint = new Viewpoint()
  viewpoint.adapt(layoutOf(alone!, false, 12), size)
  let turns = 0
  while (viewpoint.zoom(0.8, 10, 10)) turns++
  expect(turns).toBeGreaterThan(0)
  expect(turns).toBeLessThan(20)
  const camera = viewpoint.camera
  viewpoint.zoom(0.8, 800, 10)
  expect(viewpoint.camera).toEqual(camera)
})

test('The height that is asked for has room for the buttons', () => {
  const layout = layoutOf(behind!, true, 12)
  expect(wantedHeight(layout, 2000)).toBeCloseTo(layout.height + 28, 0)
  expect(wantedHeight(layout, layout.width)).toBeGreaterThan(layout.height * 0.9)
})
