import { custom } from '@oclif/core/args';

/**
 * A positional argument. Never read from standard input, which oclif does for a missing one
 * unless told not to: it would take the first lines of a batch for a key.
 */
export const textArgument = custom({ ignoreStdin: true });

/** The key that a command works on. */
export const keyArgument = textArgument({
  description: 'a key, in UTF-8 unless --key-encoding says otherwise',
});

/** The store or other thing that a command works on. */
export const storeArgument = textArgument({
  name: 'store',
  required: true,
  description: 'path of a state directory, a fold log or another thing that statelog opens',
});
