import type { Policy } from './policy.ts'

/** In order of declaration, on any node that fits; what every other policy must beat. */
export const random: Policy = {
  name: 'random',
  source: 'S. Böhm, J. Beránek, Runtime vs scheduler: analyzing Dask’s overheads, arXiv 2010.11105, 2020: “surprisingly competitive”',
  meaning: 'in order of declaration, on a random node that fits',
  place: (view, _task, fitting) => ({ node: fitting.at(Math.floor(view.random() * fitting.size)), reason: 'drawn among the nodes that fit' }),
}
