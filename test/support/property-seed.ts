import fc from 'fast-check';

/**
 * Loaded before every test file. Each run of the suite tries the same inputs, so that what fails failed because of
 * a change; `STATELOG_TEST_SEED=random` (or a number) tries others. A failure prints its seed either way.
 */
const USUAL_SEED = 20_261_121;
const chosen = process.env['STATELOG_TEST_SEED'];
const seed = chosen === 'random' ? Math.trunc(Math.random() * 0x7fff_ffff) : Number(chosen ?? USUAL_SEED);
fc.configureGlobal({ seed });
