/** An export of a module: how a function or object that came from an import is found again in another process. */
export interface ModuleExport {
  /** `file:` URL of the module, or `node:` name. */
  readonly url: string
  /** Exported name; `*` is the module's namespace itself. */
  readonly name: string
  /** Hash of the module's and its local dependencies' content: a changed file is another module. Empty for installed packages. */
  readonly version: string
}
