import { PACKER_COMPATIBLE_VERSION } from '../../template/version.ts';
import type { Io } from '../io.ts';
import { outputMode } from '../output-mode.ts';
import type { ParsedArgs } from '../parse-args.ts';
import { machineLine } from '../ui/machine-line.ts';
import { KILN_VERSION } from '../version.ts';

export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const mode = outputMode(args);
  const text = `kiln v${KILN_VERSION} (compatible with Packer v${PACKER_COMPATIBLE_VERSION})`;
  if (mode.kind === 'json')
    io.out(`${JSON.stringify({ version: KILN_VERSION, packerVersion: PACKER_COMPATIBLE_VERSION })}\n`);
  else if (mode.kind === 'machine') {
    io.out(machineLine('', 'version', [PACKER_COMPATIBLE_VERSION]));
    io.out(machineLine('', 'version-prelease', ['']));
    io.out(machineLine('', 'version-commit', ['']));
    io.out(machineLine('', 'ui', ['say', text]));
  } else io.out(`${text}\n`);
  return 0;
}
