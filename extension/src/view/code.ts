/** The code of views, which pages without runs need not load. */
export const loadView = (): Promise<typeof import('./run-view.tsx')> => import('./run-view.tsx')
