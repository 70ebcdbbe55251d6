import { option } from '../../sdk/options.ts';

/** Keys that Packer's core injects; a template that carries them is accepted, kiln takes the values from its own flags. */
export const coreOptions = {
  packer_build_name: option.string({ note: 'Name of the build, set by the core.', internal: true }),
  packer_builder_type: option.string({ note: 'Type of the builder, set by the core.', internal: true }),
  packer_core_version: option.string({ note: 'Version of the core, set by the core.', internal: true }),
  packer_debug: option.boolean({ note: 'Set by -debug.', internal: true, default: false }),
  packer_force: option.boolean({ note: 'Set by -force.', internal: true, default: false }),
  packer_on_error: option.string({
    note: 'Set by -on-error.',
    internal: true,
    default: 'cleanup',
    allowed: ['cleanup', 'abort', 'ask', 'run-cleanup-provisioner'],
  }),
  packer_user_variables: option.map({ note: 'User variables, set by the core.', internal: true }),
  packer_sensitive_variables: option.strings({ note: 'Names of masked variables, set by the core.', internal: true }),
} as const;
