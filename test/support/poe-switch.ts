import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stop } from './programs.ts'

/**
 * A switch with one port in a private network: the agent of Net-SNMP, whose IF-MIB tells of the kernel's own interface,
 * and behind it a network of its own in which a device lives. POWER-ETHERNET-MIB is answered by a script of two rows
 * that ends everything in that network and takes its interface away, and starts it again.
 */
export interface PoeSwitch {
  address: string
  device: string
  ifIndex: number
  /** Who may write, who may only read, and a user of version 3. */
  logins: { write: string; read: string; user: { name: string; auth: string; privacy: string } }
  /** The port obeys no more: what is plugged in has another supply. */
  disobey(): void
  /** The device's end of the cable, by hand. */
  cable(state: 'up' | 'down'): void
  stop(): Promise<void>
}

const RUN = { stdio: 'ignore', timeout: 5_000 } as const

/** `command` is the device: a line for a shell in the device's own network; when it ends, the network is dead. */
export async function startPoeSwitch(directory: string, n: number, command: string): Promise<PoeSwitch> {
  mkdirSync(directory, { recursive: true })
  const [address, device, name] = [`10.9.${n}.1`, `10.9.${n}.10`, `port${n}`]
  const home = spawn('unshare', ['--net', 'sleep', '600'], { stdio: 'ignore' })
  const inside = (line: string) => ['nsenter', '-t', String(home.pid), '-n', 'sh', '-c', line] as const
  const ip = (line: string) => spawnSync('sh', ['-c', line], RUN)
  await hasOwnNetwork(home)
  ip(`ip link add ${name} type veth peer name cam0 && ip link set cam0 netns ${home.pid}`)
  ip(`ip addr add ${address}/24 dev ${name} && ip link set ${name} up`)
  // A neighbour that does not answer is given up in a second and not in a minute.
  for (const [key, value] of [
    ['base_reachable_time_ms', 1000],
    ['delay_first_probe_time', 1],
    ['retrans_time_ms', 200],
  ] as const)
    ip(`echo ${value} > /proc/sys/net/ipv4/neigh/${name}/${key}`)
  const ifIndex = Number(spawnSync('sh', ['-c', `ip -o link show ${name}`], { encoding: 'utf8' }).stdout.split(':')[0])

  const file = (base: string, text: string): string => {
    const path = join(directory, base)
    writeFileSync(path, text)
    chmodSync(path, 0o755)
    return path
  }
  const [net, state, pid] = [`nsenter -t ${home.pid} -n`, join(directory, 'power'), join(directory, 'device.pid')]
  file('disobeys', '')
  writeFileSync(state, '1')
  // A device: its address, its software, and a dead network once that has ended.
  const init = file(
    'init.sh',
    `#!/bin/sh
ip link set lo up; ip addr replace ${device}/24 dev cam0; ip link set cam0 up
${command} > ${join(directory, 'device.log')} 2>&1
ip addr flush dev cam0
`,
  )
  const power = file(
    'power.sh',
    `#!/bin/sh
case "$1" in
  2) [ -s ${pid} ] && kill -s KILL -- -$(cat ${pid}); : > ${pid}; ${net} ip addr flush dev cam0; ${net} ip link set cam0 down ;;
  1) [ -s ${pid} ] && exit 0
     setsid ${net} sh ${init} < /dev/null > /dev/null 2>&1 & echo $! > ${pid} ;;
esac
`,
  )
  const table = file(
    'table.sh',
    `#!/bin/sh
while read -r verb; do
  case "$verb" in
    PING) echo PONG; continue ;;
    get) read -r oid ;;
    getnext) read -r oid; echo NONE; continue ;;
    set) read -r oid; read -r type value
      case "$oid" in
        .1.3.6.1.2.1.105.1.1.1.3.1.7)
          echo "$value" > ${state}
          [ -s ${join(directory, 'disobeys')} ] || sh ${power} "$value" < /dev/null > /dev/null 2>&1
          echo DONE ;;
        *) echo not-writable ;;
      esac
      continue ;;
    *) continue ;;
  esac
  on=$(cat ${state})
  case "$oid" in
    .1.3.6.1.2.1.105.1.1.1.3.1.7) printf '%s\\ninteger\\n%s\\n' "$oid" "$on" ;;
    .1.3.6.1.2.1.105.1.1.1.6.1.7) printf '%s\\ninteger\\n%s\\n' "$oid" "$([ "$on" = 1 ] && echo 3 || echo 1)" ;;
    *) echo NONE ;;
  esac
done
`,
  )
  const logins = {
    write: 'write-4711',
    read: 'read-4711',
    user: { name: 'lab', auth: 'auth-Pass-4711', privacy: 'priv-Pass-4711' },
  }
  const configuration = file(
    'snmpd.conf',
    [
      `agentaddress udp:${address}:161`,
      `rocommunity ${logins.read}`,
      `rwcommunity ${logins.write}`,
      `createUser lab SHA-256 "${logins.user.auth}" AES "${logins.user.privacy}"`,
      'rwuser lab authPriv',
      `pass_persist .1.3.6.1.2.1.105 ${table}`,
      '',
    ].join('\n'),
  )
  const agent = spawn('snmpd', ['-f', '-LF', 'w', join(directory, 'snmpd.log'), '-C', '-c', configuration], {
    stdio: 'ignore',
    env: { ...process.env, MIBS: '', SNMP_PERSISTENT_DIR: join(directory, 'persistent') },
  })
  // The agent looks at its interfaces every few seconds.
  spawnSync('sh', [power, '1'], RUN)
  for (let i = 0; i < 60 && !tells(address, logins.read, ifIndex); i++) await sleep(200)
  return {
    address,
    device,
    ifIndex,
    logins,
    disobey: () => writeFileSync(join(directory, 'disobeys'), 'yes'),
    cable: (to) => void spawnSync(inside('')[0], [...inside(`ip link set cam0 ${to}`).slice(1)], RUN),
    async stop() {
      await stop(agent)
      spawnSync('sh', [power, '2'], RUN)
      await stop(home)
      if (existsSync(pid)) spawnSync('sh', ['-c', `[ ! -s ${pid} ] || kill -s KILL -- -$(cat ${pid})`], RUN)
    },
  }
}

/** The agent answers, and the port has its link. */
const tells = (address: string, community: string, ifIndex: number): boolean =>
  /INTEGER: 1\n.*INTEGER: 1\n/.test(
    snmp('get', ['-v2c', '-c', community], address, ['1.3.6.1.2.1.105.1.1.1.3.1.7', `1.3.6.1.2.1.2.2.1.8.${ifIndex}`]),
  )

/** What the clients of Net-SNMP say, who share no code with the lab. */
export const snmp = (verb: 'get' | 'set', login: string[], address: string, rest: string[]): string =>
  spawnSync(`snmp${verb}`, ['-t', '1', '-r', '1', '-On', ...login, address, ...rest], {
    encoding: 'utf8',
    env: { ...process.env, MIBS: '' },
    timeout: 10_000,
  }).stdout

async function hasOwnNetwork({ pid }: ChildProcess): Promise<void> {
  const link = (of: string) => spawnSync('readlink', [`/proc/${of}/ns/net`], { encoding: 'utf8' }).stdout
  for (let i = 0; i < 50 && link(String(pid)) === link('self'); i++) await sleep(50)
}

/** Last words of the device. */
export const lastWords = (directory: string): string => readFileSync(join(directory, 'device.log'), 'utf8').slice(-500)
