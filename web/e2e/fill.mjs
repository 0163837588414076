/** Fills one demo desk, of which every story that wants one has a copy: node fill.mjs FOLDER. */
import { Desk } from './desk.mjs';

await Desk.fill(process.argv[2]);
