import type { Finding } from '../../../engine/finding.js';
import { markup, type Html } from '../page/html.js';
import { withCommands } from './command-words.js';
import { hintsPart } from '../page/report-page.js';
import type { PageRoom } from '../page/page-rooms.js';

/** As long as the names of the classes that a hint may be for. */
const CLASS_ROOM = ' '.repeat(512);

/** The commands that findings name as a help, each once, with the classes that it is for. */
export class HintList {
  readonly #room: PageRoom;
  /** The classes that each hint is for. */
  readonly #hints = new Map<string, Set<Finding['class']>>();

  constructor(room: PageRoom) {
    this.#room = room;
  }

  keep({ hint, class: kind }: Finding): void {
    if (hint === undefined) return;
    const classes = this.#hints.get(hint);
    if (classes !== undefined) classes.add(kind);
    // A command that is cut would not be the command: it is there whole, or not.
    else if (this.#room.isOpen && this.#room.take(markup`<li>${CLASS_ROOM}${withCommands(hint)}</li>`))
      this.#hints.set(hint, new Set([kind]));
  }

  /** Their section, or nothing. */
  part(command: string): Html {
    const items = [...this.#hints].map(
      ([hint, classes]) => markup`<li>${[...classes].join(', ')}: ${withCommands(hint)}</li>`,
    );
    return hintsPart(items, this.#room.leftOut, command);
  }
}
