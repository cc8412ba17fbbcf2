import fc from 'fast-check';
import { toHex } from '../../../src/engine/bytes/text/text.js';
import type { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';

/** One thing to do to a store, and to the model beside it. */
export type Step =
  | { readonly op: 'put' | 'getOrInsert'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly op: 'delete'; readonly key: Uint8Array }
  | { readonly op: 'compact' | 'clear' | 'flush' | 'saveIndex' | 'restoreOwn' | 'reopen' | 'crash' };

/** Few letters and lengths, so that keys meet, and share beginnings. */
const keyOf = fc.uint8Array({ minLength: 0, maxLength: 6, max: 3 });
const valueOf = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 4000, max: 9000 }).map((length) => new Uint8Array(length).fill(7)),
  },
);

export const stepsOf = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ op: fc.constant('put' as const), key: keyOf, value: valueOf }) },
    {
      weight: 1,
      arbitrary: fc.record({ op: fc.constant('getOrInsert' as const), key: keyOf, value: valueOf }),
    },
    { weight: 5, arbitrary: fc.record({ op: fc.constant('delete' as const), key: keyOf }) },
    {
      weight: 3,
      arbitrary: fc.record({
        op: fc.constantFrom(
          ...(['compact', 'clear', 'flush', 'saveIndex', 'restoreOwn', 'reopen', 'crash'] as const),
        ),
      }),
    },
  ),
  { maxLength: 60 },
);

/** Keys in hex to values in hex: sorted alike, since hex keeps the order of bytes. */
export type Model = Map<string, string>;

/** Does a step to the model; false where the step is about files. */
export function applyToModel(model: Model, step: Step): boolean {
  switch (step.op) {
    case 'put':
      model.set(toHex(step.key), toHex(step.value));
      return true;
    case 'getOrInsert':
      if (!model.has(toHex(step.key))) model.set(toHex(step.key), toHex(step.value));
      return true;
    case 'delete':
      model.delete(toHex(step.key));
      return true;
    case 'clear':
      model.clear();
      return true;
    case 'compact':
    case 'restoreOwn':
      return true;
    case 'flush':
    case 'saveIndex':
    case 'reopen':
    case 'crash':
      return false;
  }
}

/** Does a step to a store; what it answers is compared with the model by the caller's `expect`. */
export function applyToStore(
  store: MmapStateStore,
  model: Model,
  step: Step,
  expect: (actual: unknown, expected: unknown, what: string) => void,
): void {
  switch (step.op) {
    case 'put':
      store.put(step.key, step.value);
      return;
    case 'getOrInsert': {
      const expected = model.get(toHex(step.key)) ?? toHex(step.value);
      expect(toHex(store.getOrInsert(step.key, step.value)), expected, 'getOrInsert');
      return;
    }
    case 'delete':
      expect(store.delete(step.key), model.has(toHex(step.key)), 'delete');
      return;
    case 'restoreOwn':
      store.restore(store.snapshot());
      return;
    case 'compact':
    case 'clear':
    case 'flush':
    case 'saveIndex':
      store[step.op]();
      return;
    case 'reopen':
    case 'crash':
      throw new RangeError('reopening is the caller’s');
  }
}

/** Compares all that a store tells with the model. */
export function compareWithModel(
  store: MmapStateStore,
  model: Model,
  expect: (actual: unknown, expected: unknown, what: string) => void,
): void {
  const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
  const shown = [...store.scan()].map(({ key, value }) => [toHex(key), toHex(value)]);
  expect(shown, sorted, 'scan');
  const backwards = [...store.scan({ reverse: true })].map(({ key }) => toHex(key));
  expect(backwards, sorted.map(([key]) => key).reverse(), 'reverse scan');
  expect(store.length, model.size, 'length');
  expect(store.isEmpty, model.size === 0, 'isEmpty');
  expect(
    store.sizeBytes,
    sorted.reduce((sum, [key, value]) => sum + (key.length + value.length) / 2, 0),
    'sizeBytes',
  );
  for (const [key, value] of sorted) {
    expect(toHex(store.get(Buffer.from(key, 'hex')) ?? new Uint8Array(0)), value, 'get');
    expect(toHex(store.getRef(Buffer.from(key, 'hex')) ?? new Uint8Array(0)), value, 'getRef');
    const buffer = Buffer.from(`ee${key}ee`, 'hex');
    expect(store.findAt(buffer, 1, buffer.length - 2), true, 'findAt');
    expect(store.foundLength, value.length / 2, 'foundLength');
    expect(store.findAt(buffer, 0, buffer.length), model.has(buffer.toString('hex')), 'findAt of another');
  }
  compareRanges(store, sorted, expect);
}

function compareRanges(
  store: MmapStateStore,
  sorted: readonly (readonly [string, string])[],
  expect: (actual: unknown, expected: unknown, what: string) => void,
): void {
  for (const bound of ['', '00', '01', '0101', '02ff', 'ff']) {
    const bytes = Buffer.from(bound, 'hex');
    const under = [...store.prefixScan(bytes)].map(({ key }) => toHex(key));
    expect(
      under,
      sorted.map(([key]) => key).filter((key) => key.startsWith(bound)),
      `prefix ${bound}`,
    );
    const between = [...store.rangeScan(Buffer.from('01', 'hex'), bytes)].map(({ key }) => toHex(key));
    expect(
      between,
      sorted.map(([key]) => key).filter((key) => key >= '01' && key < bound),
      `range to ${bound}`,
    );
    expect(
      store.contains(bytes),
      sorted.some(([key]) => key === bound),
      `contains ${bound}`,
    );
    expect(store.get(bytes) === undefined, !sorted.some(([key]) => key === bound), `get ${bound}`);
  }
}
