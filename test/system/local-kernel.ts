/** A process with a local cluster, to be killed: two nodes in endless loops. Prints their process ids. */
import { runOf } from './body.ts'
import { LocalCluster, node, valueOf } from './local-cluster.ts'

const cluster = new LocalCluster([node('a', 2), node('b', 2)], { runtimeDirectory: process.argv[2]! })
await cluster.open()
cluster.backend.prepare(runOf(1, 'async () => process.pid'))
cluster.backend.prepare(runOf(2, "async () => { console.log('in'); for (;;) {} }"))
cluster.start([0], { node: 'a' })
cluster.start([1], { node: 'b' })
const pids = (await cluster.outcomes([0, 1])).map(valueOf)
cluster.start([10], { run: 2, node: 'a' })
cluster.start([11], { run: 2, node: 'b' })
await cluster.until(() => (cluster.logOf(10) !== '' && cluster.logOf(11) !== '') || undefined)
console.log(JSON.stringify(pids))
