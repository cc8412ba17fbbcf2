/** A folder that cannot be opened by itself: why not, and the command that helps. */
export interface StrangeFolder {
  readonly message: string;
  readonly hint: string;
}
