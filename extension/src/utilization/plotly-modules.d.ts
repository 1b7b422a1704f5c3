/** The little of plotly.js that is used here: its own types are those of the whole library. */
declare module 'plotly.js/lib/core.js' {
  const plotly: import('./figure.ts').Plotly & { register(modules: readonly unknown[]): void }
  export default plotly
}

declare module 'plotly.js/lib/heatmap.js' {
  const heatmap: unknown
  export default heatmap
}
