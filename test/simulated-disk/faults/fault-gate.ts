import { systemError } from '../../../src/engine/storage-io/interface/system-error.js';
import type { SimulatedCrash } from '../power-loss/crash.js';
import type { FaultPlan, SimulatedOperation } from './fault-plan.js';

/**
 * Where every call of a session passes: counts and logs it, and lets the fault plan have its way.
 */
export class FaultGate {
  readonly log: SimulatedOperation[] = [];
  operationCount = 0;
  crash: SimulatedCrash | undefined;
  readonly #plan: FaultPlan | undefined;
  readonly #logging: boolean;
  readonly #die: (reason: string) => SimulatedCrash;

  constructor(plan: FaultPlan | undefined, logging: boolean, die: (reason: string) => SimulatedCrash) {
    this.#plan = plan;
    this.#logging = logging;
    this.#die = die;
  }

  /**
   * Lets a call take effect, or not. The action is told how many bytes it may write at most;
   * `onFailure` takes its place where the plan lets the call fail: what a failed sync leaves; `onSkip`
   * where it lets it do nothing.
   * @throws SimulatedCrash at and after a crash; StatelogError where the plan lets the call fail
   */
  run<T>(
    name: string,
    path: string,
    mutating: boolean,
    action: (bytesMax: number) => T,
    offset = 0,
    bytes = 0,
    onFailure?: () => void,
    onSkip?: () => T,
  ): T {
    if (this.crash !== undefined) throw this.crash;
    const index = this.operationCount;
    this.operationCount += 1;
    if (!this.#logging && this.#plan === undefined) return action(Infinity);
    const operation = { index, name, path, offset, bytes, mutating };
    if (this.#logging) this.log.push(operation);
    const fault = this.#plan?.(operation);
    if (fault === undefined) return action(Infinity);
    if (fault.kind === 'short') return action(fault.bytes);
    if (fault.kind === 'skip') return onSkip === undefined ? action(Infinity) : onSkip();
    if (fault.when === 'after') action(Infinity);
    else if (fault.kind === 'error') onFailure?.();
    if (fault.kind === 'crash') throw this.#die(`died at call ${index}, ${name} ${path}`);
    const isTransfer = name === 'read' || name === 'write';
    const operationName = name === 'fsyncFolder' ? 'fsync' : name;
    throw systemError(operationName, path, fault.errno, undefined, isTransfer ? offset : undefined);
  }
}
