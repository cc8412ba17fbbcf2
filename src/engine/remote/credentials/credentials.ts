/** Keys that requests are signed with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When they expire, in milliseconds since the Unix epoch; undefined for those that do not. */
  readonly expiresMs?: number | undefined;
}

/** A place that credentials come from; undefined where it has none. */
export type CredentialProvider = () => Promise<Credentials | undefined>;

/** Credentials for as long as they are needed. */
export interface CredentialSource {
  /** @throws StatelogError `PERMISSION_DENIED` where there are none */
  get(): Promise<Credentials>;
  /** Lets go of some that are no longer taken; true where the next may be others. */
  forget(refused: Credentials): boolean;
}

/** How long before credentials expire new ones are fetched: so long, or half of their time where that is less. */
const RENEWED_BEFORE_MS = 5 * 60_000;

/** Keeps credentials until shortly before they expire. */
export class CachedCredentials implements CredentialSource {
  readonly #provider: () => Promise<Credentials>;
  readonly #nowMs: () => number;
  #asked: Promise<Credentials> | undefined;
  /** Those that came; undefined while they are asked for. */
  #current: Credentials | undefined;
  #renewedMs = Infinity;

  constructor(provider: () => Promise<Credentials>, nowMs: () => number = Date.now) {
    this.#provider = provider;
    this.#nowMs = nowMs;
  }

  get(): Promise<Credentials> {
    if (this.#current !== undefined && this.#nowMs() > this.#renewedMs) this.#asked = undefined;
    // Those who ask at the same moment wait for one answer.
    this.#asked ??= this.#ask();
    return this.#asked;
  }

  forget(refused: Credentials): boolean {
    if (refused.expiresMs === undefined) return false;
    // Of several requests that were refused, the first lets new ones be fetched.
    if (this.#current === refused) this.#asked = undefined;
    return true;
  }

  async #ask(): Promise<Credentials> {
    this.#current = undefined;
    try {
      const credentials = await this.#provider();
      const { expiresMs = Infinity } = credentials;
      this.#renewedMs = expiresMs - Math.min(RENEWED_BEFORE_MS, (expiresMs - this.#nowMs()) / 2);
      this.#current = credentials;
      return credentials;
    } catch (error) {
      this.#asked = undefined;
      throw error;
    }
  }
}
