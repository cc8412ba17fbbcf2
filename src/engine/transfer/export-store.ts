import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StatelogError } from '../errors.js';
import { identify, type IdentifiedKind } from '../inspect/identify.js';
import { refuseWithinStore } from '../inspect/lies-in-store.js';
import { anchoredPlace, anchoredSource } from '../storage-io/views/anchored-file-system.js';
import { realFileSystem } from '../storage-io/real/real-file-system.js';
import { closeEach, closeEachQuietly, type Closeable } from '../storage-io/whole/close-each.js';
import {
  contentOf,
  linesContent,
  Scratch,
  type ExportRequest,
  type Prepared,
  type Preparing,
} from './export-content.js';
import { contentOfSpan, incrementAtHand, incrementContent } from './increment/export-increment.js';
import { sinceOf, type PreparingSince } from './increment/increment-sides.js';
import { PreparedExport, type ExportForm } from './prepared-export.js';

export type { ExportRequest } from './export-content.js';

const EXPORTS: ReadonlySet<IdentifiedKind> = new Set(['artifact-folder', 'artifact-tar', 'ndjson']);

/**
 * Fixes a store's content for an export. Nothing that is written to the store afterwards is in it.
 * @throws StatelogError `NOT_REPRESENTABLE` where the form cannot hold it; what opening the source throws
 */
export function prepareExport(request: ExportRequest): PreparedExport {
  return prepare(request, contentBy(incrementContent))!;
}

/**
 * As `prepareExport`, of an increment that can be put together in memory by what was written since.
 * @returns undefined where it cannot, or is none
 */
export function prepareAtHand(request: ExportRequest): PreparedExport | undefined {
  return prepare(request, (_, preparing, since) =>
    since === undefined ? undefined : incrementAtHand({ ...preparing, since }),
  );
}

/** As `prepareExport`, of what `prepareAtHand` found nothing for: that is not looked for again. */
export function prepareNotAtHand(request: ExportRequest): PreparedExport {
  return prepare(request, contentBy(contentOfSpan))!;
}

function contentBy(increment: (preparing: PreparingSince) => Prepared): Preparation {
  return (form, preparing, since) => {
    if (since !== undefined) return increment({ ...preparing, since });
    return form === 'ndjson' ? linesContent(preparing) : contentOf(form, preparing);
  };
}

type Preparation = (
  form: ExportForm,
  preparing: Preparing,
  since: PreparingSince['since'] | undefined,
) => Prepared | undefined;

function prepare(request: ExportRequest, preparation: Preparation): PreparedExport | undefined {
  const { source, scratchBeside = join(tmpdir(), 'statelog-export') } = request;
  const anchored = anchoredPlace(request.fileSystem ?? realFileSystem(), scratchBeside);
  const fileSystem = anchoredSource(anchored, source);
  const identity = identify(fileSystem, source);
  if (EXPORTS.has(identity.kind)) throw artifactAlready(source);
  const since = request.since === undefined ? undefined : sinceOf(anchored, request.since);
  const usual = identity.kind === 'log' ? 'append-log' : 'mmap-state';
  const form = request.as ?? (since === undefined ? usual : 'ndjson');
  if (since !== undefined && form !== 'ndjson') throw onlyLines(source);
  if (request.scope !== undefined && form !== 'append-log') throw noScope(source);
  if (request.scratchBeside !== undefined) refuseWithinStore(fileSystem, request.scratchBeside);
  const scratch = new Scratch(fileSystem, scratchBeside);
  const open: Closeable[] = [{ close: scratch.remove.bind(scratch) }];
  const release = (): void => {
    closeEach(open.splice(0).reverse());
  };
  try {
    const prepared = preparation(form, { ...request, fileSystem, identity, scratch, open }, since);
    if (prepared !== undefined) return new PreparedExport({ form, fileSystem, release, ...prepared });
    release();
    return undefined;
  } catch (error) {
    closeEachQuietly(open.reverse());
    throw error;
  }
}

function onlyLines(path: string): StatelogError {
  return new StatelogError('NOT_REPRESENTABLE', 'what changed is exported as NDJSON alone', {
    path,
    safe: 'nothing was written',
    hint: 'leave out --as, and name a destination that ends in .ndjson, or -',
  });
}

function noScope(path: string): StatelogError {
  return new StatelogError('NOT_REPRESENTABLE', "only a fold's artifact says its scope", {
    path,
    safe: 'nothing was written',
    hint: 'export it with --as append-log, or leave out --scope',
  });
}

function artifactAlready(path: string): StatelogError {
  return new StatelogError('NOT_REPRESENTABLE', 'this is an export already', {
    path,
    safe: 'nothing was written',
    hint: `copy it as it is, or run 'statelog import ${path} STORE' to export it in another form`,
  });
}
