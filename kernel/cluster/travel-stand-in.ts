import type { ModuleExport } from '../travel/module-export.ts'
export class Modules { constructor(_directory: string) {} load(ref: ModuleExport): Promise<Record<string, unknown>> { return import(ref.url) }
 exportOf(_value: object): ModuleExport | undefined { return undefined } }
