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
  /** Lets go of those that it has, as they are no longer taken; true where the next may be others. */
  forget(): boolean;
}

/** How long before credentials expire new ones are fetched. */
const RENEWED_BEFORE_MS = 5 * 60_000;

/** Keeps credentials until shortly before they expire. */
export class CachedCredentials implements CredentialSource {
  readonly #provider: () => Promise<Credentials>;
  readonly #nowMs: () => number;
  #current: Promise<Credentials> | undefined;
  #expiresMs = Infinity;

  constructor(provider: () => Promise<Credentials>, nowMs: () => number = Date.now) {
    this.#provider = provider;
    this.#nowMs = nowMs;
  }

  async get(): Promise<Credentials> {
    if (this.#nowMs() > this.#expiresMs - RENEWED_BEFORE_MS) this.#current = undefined;
    // Those who ask at the same moment wait for one answer.
    this.#current ??= this.#provider();
    try {
      const credentials = await this.#current;
      this.#expiresMs = credentials.expiresMs ?? Infinity;
      return credentials;
    } catch (error) {
      this.#current = undefined;
      throw error;
    }
  }

  forget(): boolean {
    const mayBeOthers = this.#expiresMs !== Infinity;
    this.#current = undefined;
    return mayBeOthers;
  }
}
