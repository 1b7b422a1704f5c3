import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { execute, python, root, runCells, sluice, temporaryFolder, type Surroundings } from './environment.ts'

const run = (words: readonly string[], surroundings?: Surroundings) => execute(process.execPath, [sluice, ...words], surroundings)
const extensionIn = (prefix: string) => join(prefix, 'share', 'jupyter', 'labextensions', 'sluice-jupyterlab')
const filesOf = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
const specOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'kernel.json'), 'utf8')) as { argv: string[]; display_name: string }

describe('sluice install', () => {
  test('registers a kernel that Jupyter lists, with its logos, and that runs a cell', async () => {
    const prefix = temporaryFolder()
    const { code, stdout } = await run(['install', '--prefix', prefix, '--name', 'installed'])
    expect(code).toBe(0)
    const folder = join(prefix, 'share', 'jupyter', 'kernels', 'installed')
    expect(stdout).toContain(folder)
    expect(readdirSync(folder).sort()).toEqual(['kernel.json', 'logo-32x32.png', 'logo-64x64.png', 'logo-svg.svg'])

    const env = { JUPYTER_PATH: join(prefix, 'share', 'jupyter') }
    const listed = await python(['-m', 'jupyter', 'kernelspec', 'list', '--json'], { env })
    const { kernelspecs } = JSON.parse(listed.stdout) as { kernelspecs: Record<string, { resource_dir: string; spec: object }> }
    expect(kernelspecs['installed']).toMatchObject({
      resource_dir: folder,
      spec: {
        argv: [process.execPath, join(root, 'dist', 'kernel.js'), '{connection_file}'],
        display_name: 'TypeScript (Sluice)',
        language: 'typescript',
        interrupt_mode: 'message',
        metadata: { debugger: false, supported_encryption: ['curve'] },
      },
    })
    expect(listed.stderr).not.toContain('Warning')
    expect(await runCells('installed', ['1 + 1'], env)).toMatchObject([{ status: 'ok', result: '2' }])
  })

  test('goes to the user by default, as Jupyter places it, and to the active environment with --sys-prefix', async () => {
    const folder = temporaryFolder()
    const env = { JUPYTER_DATA_DIR: undefined, HOME: folder, XDG_DATA_HOME: join(folder, 'data'), VIRTUAL_ENV: join(folder, 'env') }
    await run(['install'], { env: { ...env, JUPYTER_DATA_DIR: join(folder, 'own') } })
    expect(existsSync(join(folder, 'own', 'kernels', 'sluice', 'kernel.json'))).toBe(true)
    await run(['install', '--sys-prefix'], { env })
    expect(existsSync(join(folder, 'env', 'share', 'jupyter', 'kernels', 'sluice', 'kernel.json'))).toBe(true)
    // What our own rules say of the user's folder must be what Jupyter's say.
    await run(['install', '--user'], { env })
    const asked = await python(['-c', 'import jupyter_core.paths as p; print(p.jupyter_data_dir())'], { env })
    expect(existsSync(join(asked.stdout.trim(), 'kernels', 'sluice', 'kernel.json'))).toBe(true)
  })

  test('done twice replaces the first; uninstall removes it, and says so when there is none', async () => {
    const prefix = temporaryFolder()
    await run(['install', '--prefix', prefix, '--display-name', 'First'])
    await run(['install', '--prefix', prefix, '--display-name', 'Second'])
    const folder = join(prefix, 'share', 'jupyter', 'kernels', 'sluice')
    expect(specOf(folder).display_name).toBe('Second')
    expect((await run(['uninstall', '--prefix', prefix])).code).toBe(0)
    expect(existsSync(folder)).toBe(false)
    expect(existsSync(extensionIn(prefix))).toBe(false)
    const again = await run(['uninstall', '--prefix', prefix])
    expect(again.code).toBe(2)
    expect(again.stderr).toContain(`There is no kernel at ${folder}, nor the extension at ${extensionIn(prefix)}`)
  })

  test('copies the extension to where JupyterLab finds it enabled, and says who put it there', async () => {
    const prefix = temporaryFolder()
    await run(['install', '--prefix', prefix])
    const listed = await python(['-m', 'jupyter', 'labextension', 'list'], { env: { JUPYTER_PATH: join(prefix, 'share', 'jupyter') } })
    expect(`${listed.stdout}${listed.stderr}`.replaceAll(/\x1b\[\d*m/g, '')).toMatch(new RegExp(`${join(prefix, 'share')}\\S*\\s+sluice-jupyterlab v\\S+ enabled OK \\(npm, sluice\\)`))
    expect(filesOf(extensionIn(prefix))).toEqual([...filesOf(join(root, 'dist', 'labextension')), 'install.json'].sort())
  })

  test('--develop links the extension to where it is built; a copy replaces the link and leaves what it led to', async () => {
    const prefix = temporaryFolder()
    await run(['install', '--prefix', prefix, '--develop'])
    expect(readlinkSync(extensionIn(prefix))).toBe(join(root, 'dist', 'labextension'))
    await run(['install', '--prefix', prefix])
    expect(lstatSync(extensionIn(prefix)).isDirectory()).toBe(true)
    await run(['install', '--prefix', prefix, '--develop'])
    await run(['uninstall', '--prefix', prefix])
    expect(lstatSync(extensionIn(prefix), { throwIfNoEntry: false })).toBeUndefined()
    expect(existsSync(join(root, 'dist', 'labextension', 'package.json'))).toBe(true)
  })

  test('--dry-run writes nothing', async () => {
    const prefix = temporaryFolder()
    const { code, stdout } = await run(['install', '--prefix', prefix, '--dry-run'])
    expect(code).toBe(0)
    expect(stdout).toContain('"language": "typescript"')
    expect(readdirSync(prefix)).toEqual([])
  })

  test('says which folder it could not write to', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), '')
    const { code, stderr } = await run(['install', '--prefix', join(folder, 'file')])
    expect(code).toBe(2)
    expect(stderr).toContain(`could not be written to ${join(folder, 'file', 'share')}`)
    expect(stderr).not.toContain('    at ')
  })

  test("refuses to register what stands in npx's cache, from where it may vanish", async () => {
    const folder = temporaryFolder()
    const copy = join(folder, '_npx', 'ab12', 'node_modules', 'sluice')
    cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true })
    cpSync(join(root, 'package.json'), join(copy, 'package.json'))
    const { code, stderr } = await execute(process.execPath, [join(copy, 'dist', 'sluice.js'), 'install', '--prefix', folder])
    expect(code).toBe(2)
    expect(stderr).toContain('npm install')
    expect(existsSync(join(folder, 'share'))).toBe(false)
  })
})

/** A JupyterLab that does nothing but say its version, or where it was called and with what. */
function fakeLab(folder: string, version: string): void {
  mkdirSync(join(folder, 'bin'), { recursive: true })
  writeFileSync(join(folder, 'bin', 'jupyter-lab'), `#!/bin/sh\n[ "$1" = --version ] && echo ${version} && exit 0\necho "lab: $* path=$JUPYTER_PATH"\nexit 7\n`)
  chmodSync(join(folder, 'bin', 'jupyter-lab'), 0o755)
}

describe('sluice lab', () => {
  test('installs kernel and extension in the environment of the JupyterLab that it finds, and hands over options and exit code', async () => {
    const folder = temporaryFolder()
    fakeLab(folder, '4.6.6')
    writeFileSync(join(folder, 'pyvenv.cfg'), '')
    const env = { VIRTUAL_ENV: folder, HOME: folder, JUPYTER_PATH: '', JUPYTER_DATA_DIR: join(folder, 'user') }
    const { code, stdout } = await run(['lab', '--no-browser', '--port', '9'], { env })
    expect(code).toBe(7)
    expect(stdout).toContain('lab: --no-browser --port 9')
    expect(specOf(join(folder, 'share', 'jupyter', 'kernels', 'sluice')).argv).toContain(join(root, 'dist', 'kernel.js'))
    expect(existsSync(join(extensionIn(folder), 'package.json'))).toBe(true)
    const again = await run(['lab'], { env })
    expect(again.stdout).not.toMatch(/Registered|Installed/)
    // One of another build is replaced.
    const file = join(extensionIn(folder), 'package.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/remoteEntry\.\w+/, 'remoteEntry.old'))
    expect((await run(['lab'], { env })).stdout).toMatch(/Installed the extension/)
    expect((await run(['lab'], { env })).stdout).not.toContain('Installed')
  })

  test('says what to install when there is no JupyterLab, or only an old one', async () => {
    const folder = temporaryFolder()
    const env = { VIRTUAL_ENV: undefined, CONDA_PREFIX: undefined, PATH: join(folder, 'nothing') }
    const none = await run(['lab'], { env, cwd: folder })
    expect(none.code).toBe(2)
    expect(none.stderr).toContain("pip install 'jupyterlab>=4'")
    fakeLab(folder, '3.6.8')
    const old = await run(['lab'], { env: { ...env, VIRTUAL_ENV: folder, PATH: process.env['PATH'] }, cwd: folder })
    expect(old.code).toBe(2)
    expect(old.stderr).toContain('3.6.8; Sluice needs 4 or newer')
  })
})

describe('sluice doctor', () => {
  test('finds everything in this checkout', async () => {
    const { code, stdout } = await run(['doctor', '--json'])
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { name: string; status: string; detail: string }[] }
    expect(checks.filter(({ status }) => status === 'fail')).toEqual([])
    expect({ ok, code }).toEqual({ ok: true, code: 0 })
    expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining(['Node.js', 'zeromq', 'unix sockets', 'JupyterLab', 'kernel', 'extension']))
    expect(checks.find(({ name }) => name === 'extension')?.detail).toContain('enabled OK')
  })

  test('tells an extension that is missing from one that is broken, old or disabled', async () => {
    const prefix = temporaryFolder()
    const [config, package_] = [temporaryFolder(), join(extensionIn(prefix), 'package.json')]
    const env = { JUPYTER_PATH: join(prefix, 'share', 'jupyter'), JUPYTER_CONFIG_DIR: config, HOME: prefix, JUPYTER_DATA_DIR: join(prefix, 'none') }
    const said = async (surroundings: Surroundings = { env }) => {
      const { stdout } = await run(['doctor', '--json'], surroundings)
      const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; detail: string; remedy?: string }[] }
      const { status, detail, remedy = '' } = checks.find(({ name }) => name === 'extension')!
      return `${status}: ${detail} ${remedy}`
    }
    await run(['install', '--prefix', prefix])
    expect(await said()).toMatch(/^ok: .*enabled OK/)
    mkdirSync(join(config, 'labconfig'))
    writeFileSync(join(config, 'labconfig', 'page_config.json'), '{ "disabledExtensions": { "sluice-jupyterlab": true } }')
    expect(await said()).toMatch(/^warn: .*disabled.*enable sluice-jupyterlab$/)
    writeFileSync(package_, readFileSync(package_, 'utf8').replace(/"version": "[^"]*"/, '"version": "0.0.1"'))
    expect(await said()).toMatch(/^fail: .* is version 0\.0\.1, the kernel .*sluice install/)
    rmSync(join(extensionIn(prefix), 'static'), { recursive: true })
    expect(await said()).toMatch(/^fail: .* is not whole Run sluice install/)
    rmSync(extensionIn(prefix), { recursive: true })
    // Nor is it in the environment of a JupyterLab, for there is none.
    expect(await said({ env: { ...env, VIRTUAL_ENV: undefined, CONDA_PREFIX: undefined, PATH: prefix }, cwd: prefix })).toMatch(/^warn: not installed/)
  })

  test('fails, and says how to mend it, when the registered kernel points to nothing or sockets cannot be made', async () => {
    const folder = temporaryFolder()
    await run(['install', '--prefix', folder])
    const file = join(folder, 'share', 'jupyter', 'kernels', 'sluice', 'kernel.json')
    writeFileSync(file, JSON.stringify({ ...specOf(join(file, '..')), argv: ['/gone/node', '/gone/kernel.js', '{connection_file}'] }))
    const env = { JUPYTER_PATH: join(folder, 'share', 'jupyter'), TMPDIR: join(folder, 'gone') }
    const { code, stdout } = await run(['doctor'], { env })
    expect(code).toBe(1)
    expect(stdout).toMatch(/FAIL {2}kernel: .* points to \/gone\/node, which is gone\n.*sluice install/)
    expect(stdout).toMatch(/FAIL {2}unix sockets: .*\n.*TMPDIR/)
  })
})

describe('sluice', () => {
  test('prints its version and what it can do', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    expect((await run(['--version'])).stdout).toBe(`${version}\n`)
    for (const words of [[], ['help'], ['--help']]) expect((await run(words)).stdout).toContain('sluice COMMAND')
    for (const command of ['install', 'uninstall', 'lab', 'run', 'doctor']) expect((await run(['help', command])).stdout).toContain(`sluice ${command}`)
  })

  test('names the nearest spelling of a command or option, and ends with 2', async () => {
    const command = await run(['instal'])
    expect(command).toMatchObject({ code: 2, stdout: '' })
    expect(command.stderr).toContain('did you mean install?')
    expect((await run(['install', '--sys-prefx'])).stderr).toContain('did you mean --sys-prefix?')
  })
})
