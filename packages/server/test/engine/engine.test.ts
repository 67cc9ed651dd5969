// Every engine keeps the twelve laws.
import { openMemoryEngine } from '../../src/engine/memory.ts';
import { engineContract } from './contract.ts';

engineContract({ name: 'memory', open: async (clock) => openMemoryEngine({ clock }) });
