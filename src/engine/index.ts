/** The public API of the engine: what `import … from 'statelog'` gives, by name. */
export { DAMAGE_CLASSES, type DamageClass, type Finding, type Severity } from './finding.js';
export { ERROR_CODES, StatelogError, isStatelogError, type ErrorCode, type ErrorDetails } from './errors.js';
export { realFileSystem } from './storage-io/real-file-system.js';
export type { FileSystem } from './storage-io/file-system.js';
