import type { Artifact } from '../../sdk/artifact.ts';
import { KilnError } from '../../sdk/errors.ts';
import type { BuildEvent } from '../../sdk/events.ts';
import type { Io } from '../io.ts';
import { diagnosticToJson } from './diagnostics.ts';
import type { Renderer } from './renderer.ts';

/** Every event as one JSON object a line; docs/json-output.md describes them. */
export function jsonRenderer(io: Io): Renderer {
  return {
    pause: () => {},
    close: () => {},
    event: event => io.out(`${JSON.stringify({ time: new Date().toISOString(), ...toJson(event) })}\n`),
  };
}

function toJson(event: BuildEvent): Record<string, unknown> {
  switch (event.type) {
    case 'diagnostic':
      return { type: event.type, ...diagnosticToJson(event.diagnostic) };
    case 'build-finished':
      return { ...event, artifacts: event.artifacts.map(artifactToJson) };
    case 'build-failed': {
      const { error, ...told } = event;
      const code = error instanceof KilnError ? error.code : 'failed';
      return { ...told, code, artifacts: event.artifacts.map(artifactToJson) };
    }
    default:
      return { ...event };
  }
}

function artifactToJson(artifact: Artifact): Record<string, unknown> {
  return { builderId: artifact.builderId, id: artifact.id, files: artifact.files, description: artifact.description };
}
