import type { BuildEvent } from '../../sdk/events.ts';

/** Shows a run's events to somebody. */
export interface Renderer {
  event(event: BuildEvent): void;
  /** Wipes a status line, so that a question can be asked. */
  pause(): void;
  close(): void;
}
