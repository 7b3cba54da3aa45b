import type { SandboxLimits } from '../apis/sandbox.ts';

/** Exit codes of the scripts here for what goes wrong before the connector starts; outside the range of ordinary programs. */
export const launchExit = { limitsRefused: 125, folderClosed: 126 } as const;

/**
 * First step of every launch, in `sh`: enters the control groups (arguments up to `--`), sets the limits of single processes, and becomes
 * the rest of the command. A group that cannot be entered ends the launch; a limit that is tighter already stays as it is.
 * Core files are never written: they would hold secrets.
 */
export function enterScript(limits: SandboxLimits): string {
  const blocks = limits.fileBytes === undefined ? undefined : Math.ceil(limits.fileBytes / 512);
  const ulimits: [flag: string, value: number | undefined][] = [
    ['c', 0],
    ['t', limits.cpuSeconds],
    ['f', blocks],
    ['n', limits.openFiles],
  ];
  const set = ulimits.filter(([, value]) => value !== undefined).map(([flag, value]) => `ulimit -${flag} ${value} 2>/dev/null;`);
  const join = `while [ "$1" != -- ]; do echo "$$" > "$1" || exit ${launchExit.limitsRefused}; shift; done; shift;`;
  return `${join} ${set.join(' ')} exec "$@"`;
}

/** Descriptors of the isolated form: what it tells, what it waits for, the three that are the connector's alone, and its environment. */
export const supervisorFds = { arguments: 3, status: 4, control: 5, stdin: 6, stdout: 7, stderr: 8, environment: 9 } as const;

/** Descriptor of the plain form that the environment comes through. */
export const plainEnvironmentFd = 3;

/**
 * The connector's environment as text for `loadEnvironment`. It comes through a pipe: on a command line anybody could read it, and as the
 * environment of the steps before it would govern programs (`LD_PRELOAD`) that still run with our rights.
 */
export function environmentText(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`)
    .join('\n');
}

function loadEnvironment(fd: number): string {
  return `eval "$(cat <&${fd})" || exit ${launchExit.limitsRefused}; exec ${fd}<&-;`;
}

/** Last step of the plain form, with the connector's own rights: takes its environment and becomes the connector. */
export const becomeScript = `${loadEnvironment(plainEnvironmentFd)} exec "$@"`;

/**
 * Second process of the sandbox (`$1`: the folder to work in, then the command). It tells that it has started and, later, how the
 * connector has ended, and stays until the runtime closes its end of `control`: bubblewrap would kill the descendants together with the
 * connector, and what they were could not be told. It gives the connector's descriptors away, so that their end is the connector's doing.
 * Background jobs of `sh` ignore SIGINT and SIGQUIT; the runtime sends neither.
 */
export const superviseScript = [
  `cd "$1" || exit ${launchExit.folderClosed}; shift;`,
  loadEnvironment(supervisorFds.environment),
  'echo started >&4;',
  '"$@" <&6 >&7 2>&8 4>&- 5<&- 6<&- 7>&- 8>&- &',
  'exec 6<&- 7>&- 8>&-;',
  'wait $!; echo "$?" >&4;',
  'read -r _ <&5',
].join(' ');

/**
 * The reaper (`$1`: folder of the runtime's runs). It reads `run SLOT ID PID UID PROCS` (0 and - for none) and `end SLOT` and, when its
 * input ends because the runtime is gone, kills whatever those runs still have, by process group, control group, uid and environment,
 * and removes their folders. Three rounds, for a process may be born while its siblings are counted.
 */
export const reaperScript = `
trap '' HUP INT QUIT TERM
folder=$1
last=-1
while read -r verb slot rest; do
  case $verb in
    run) eval "run_$slot=\\$rest"; if [ "$slot" -gt "$last" ]; then last=$slot; fi ;;
    end) unset "run_$slot" ;;
  esac
done
kill_run() {
  if [ "$2" != 0 ]; then kill -KILL -- "-$2"; kill -KILL "$2"; fi
  if [ -r "$4" ]; then while read -r pid; do kill -KILL "$pid"; done < "$4"; fi
  if [ "$3" != - ]; then setpriv --reuid "$3" --clear-groups sh -c 'kill -KILL -1'; fi
  for file in $(grep -lsxzF "CONNECTOR_WORKDIR=$folder/$1/work" /proc/[0-9]*/environ); do pid=\${file#/proc/}; kill -KILL "\${pid%/environ}"; done
}
for round in 1 2 3; do
  slot=0
  while [ "$slot" -le "$last" ]; do
    eval "line=\\\${run_$slot-}"
    if [ -n "$line" ]; then kill_run $line; fi
    slot=$((slot + 1))
  done
done 2>/dev/null
rm -rf -- "$folder"
`;
