import type { Finding } from '../../finding.js';
import type { RecordPlace } from './noted-files.js';

/** A record or a finding to be shown in the end. */
export type Selected =
  | {
      readonly place: RecordPlace;
      /** The change of the same key before it; undefined where there was none, or none is asked for. */
      readonly previous?: RecordPlace | undefined;
    }
  | { readonly finding: Finding };

/** A part of a log's records that is known only once more of them were seen: they are noted by their places. */
export interface Selection<Record> {
  /** True once what follows changes nothing any more. */
  readonly isOver: boolean;
  /** Sees a record. @param isWanted whether the filters leave it */
  see(record: Record, isWanted: boolean): void;
  /** Sees a finding. @returns whether it keeps it for its place; else it is to be told at once */
  seeFinding(finding: Finding): boolean;
  /** The records to show, in their order, once all was seen. */
  selected(): Iterable<Selected>;
}
