// The management page of shares: wires the list, the form for a new share, and the dialog of one share.

import { startCreate } from './create.js';
import { closeButtons } from './dom.js';
import { startList } from './list.js';
import { openNew, openShare, startShare } from './share.js';

closeButtons();
startShare();
startCreate(openNew);
startList(openShare);
