/** Tells a content from every other: one that has the same three is the same to the byte. */
export interface ContentIdentity {
  readonly url: string;
  /** As the store gives it out; undefined where it gives out none that can be asked for. */
  readonly etag: string | undefined;
  readonly bytes: number;
}

/** The first bytes of a content, which were fetched earlier. */
export interface FetchedStart {
  chunks(): Iterable<Uint8Array>;
}

/** A tar that lies elsewhere, and can be fetched from any byte on. */
export interface Download {
  /** Asks which content lies there now. */
  identify(): Promise<ContentIdentity>;
  /**
   * All of the tar: first what was fetched earlier, then the rest.
   * @throws StatelogError `IO_FAILED` where another content lies there by now
   */
  open(content: ContentIdentity, start?: FetchedStart): AsyncIterable<Uint8Array>;
}
