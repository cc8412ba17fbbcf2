import { spawn, spawnSync } from 'node:child_process';

/** Whether there is what opens pseudo-terminals here. */
export const hasPseudoTerminals = spawnSync('python3', ['-c', 'import pty, termios']).status === 0;

/**
 * A thing to do once it is due: keys to press, or a signal for the program. A program that is just changing its terminal's
 * settings may throw keys away, so they are pressed again after each second of silence, until the next step, or the program's end.
 */
export interface TerminalStep {
  /** Due once the output since the step before matches this regular expression of Python's. */
  readonly after?: string;
  /** Due once the program has no handler of its own for this signal: the one that it had was told of it, if it listens once. */
  readonly unheard?: 'SIGINT';
  readonly keys?: string;
  readonly signal?: 'SIGTERM' | 'SIGHUP' | 'SIGKILL';
}

/** A program at a terminal. */
export interface TerminalSession {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly rows?: number;
  readonly columns?: number;
  readonly steps?: readonly TerminalStep[];
}

/** How it went. */
export interface TerminalResult {
  readonly output: string;
  /** The exit code, or the negative number of the signal that ended it. */
  readonly status: number;
  /** Whether the terminal's settings are those from before. */
  readonly isTerminalRestored: boolean;
}

const DRIVER = `
import fcntl, json, os, re, select, signal, struct, subprocess, sys, termios, time
spec = json.load(sys.stdin)
master, slave = os.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', spec['rows'], spec['columns'], 0, 0))
before = termios.tcgetattr(slave)
def lead():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
program = subprocess.Popen(spec['argv'], stdin=slave, stdout=slave, stderr=slave, env=spec['env'], preexec_fn=lead)
output = b''
steps = spec['steps']
seen = 0
keys = None
def is_due(step):
    if 'unheard' in step:
        with open(f'/proc/{program.pid}/status') as status:
            caught = int(re.search(r'SigCgt:\\s*(\\w+)', status.read())[1], 16)
        return not caught >> getattr(signal, step['unheard']) - 1 & 1
    return re.search(step['after'].encode(), output[seen:])
def press():
    os.write(master, keys)
    return time.monotonic()
while True:
    ended = program.poll() is not None
    ready = select.select([master], [], [], 0 if ended else 0.05)[0]
    if ready:
        output += os.read(master, 65536)
        # A terminal's echo, or the rest of a page, is no answer: they are pressed again after the next silence.
        pressed = time.monotonic()
    elif ended:
        break
    elif keys and time.monotonic() - pressed > 1:
        pressed = press()
    while steps and is_due(steps[0]):
        step = steps.pop(0)
        seen = len(output)
        keys = None
        if 'keys' in step:
            keys = step['keys'].encode()
            pressed = press()
        if 'signal' in step:
            program.send_signal(getattr(signal, step['signal']))
print(json.dumps({
    'output': output.decode(errors='replace').replace('\\r\\n', '\\n'),
    'status': program.returncode,
    'isTerminalRestored': before == termios.tcgetattr(slave),
}))
`;

/** Runs a program at a pseudo-terminal of its own, as the leader of its session. */
export async function atTerminal({
  argv,
  env = {},
  rows = 24,
  columns = 120,
  steps = [],
}: TerminalSession): Promise<TerminalResult> {
  const driver = spawn('python3', ['-c', DRIVER], { stdio: ['pipe', 'pipe', 'inherit'] });
  driver.stdin.end(JSON.stringify({ argv, env, rows, columns, steps }));
  const chunks: Buffer[] = [];
  for await (const chunk of driver.stdout) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as TerminalResult;
}
