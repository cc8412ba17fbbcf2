/** What was read, added up over everything that one path holds. */
export class Tally {
  files = 0;
  bytes = 0;
  records = 0;
  /** Live keys, as far as the kind counts them. */
  keys = 0;

  addFile(bytes: number): void {
    this.files++;
    this.bytes += bytes;
  }
}
