import type { Io } from '../io.ts';
import type { OutputMode } from '../output-mode.ts';
import { humanRenderer } from './human.ts';
import { jsonRenderer } from './json.ts';
import { machineRenderer } from './machine.ts';
import type { Renderer } from './renderer.ts';

/** The renderer for an output mode. */
export function rendererFor(io: Io, mode: OutputMode): Renderer {
  if (mode.kind === 'machine') return machineRenderer(io, mode);
  return mode.kind === 'json' ? jsonRenderer(io) : humanRenderer(io, mode);
}
